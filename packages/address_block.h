// packages/address_block.h: addresses that begin with the same bits, as an operator writes a
// network: "192.0.2.0/24", "2001:db8::/32".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace herald::packages {

class AddressBlock {
public:
    /// A network, or one address. nullopt: neither.
    static std::optional<AddressBlock> parse(std::string_view text);

    /// `address` as Asked::address has it. Anything that is none is not within.
    bool contains(std::string_view address) const;

private:
    using Bytes = std::array<std::uint8_t, 16>;  ///< IPv4 as RFC 4291 2.5.5.2 maps it
    static std::optional<Bytes> bytes_of(std::string_view address);

    Bytes first_{};
    unsigned bits_ = 128;
};

}  // namespace herald::packages
