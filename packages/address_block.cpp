// packages/address_block.cpp: addresses that begin with the same bits.
#include "packages/address_block.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include <arpa/inet.h>

#include "base/text.h"

namespace herald::packages {

namespace {

constexpr unsigned kBitsOfIpv4 = 32, kBitsOfIpv6 = 128;
constexpr std::size_t kLongestAddress = 45;

bool is_same_start(const std::uint8_t* a, const std::uint8_t* b, unsigned bits) {
    const auto whole = bits / 8;
    if (!std::equal(a, a + whole, b)) return false;
    const auto rest = bits % 8;
    return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

}  // namespace

std::optional<AddressBlock::Bytes> AddressBlock::bytes_of(std::string_view address) {
    if (address.starts_with('[') && address.ends_with(']'))
        address = address.substr(1, address.size() - 2);
    if (address.size() > kLongestAddress) return std::nullopt;
    const std::string text(address);
    Bytes bytes{};
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
    bytes = {};
    bytes[10] = bytes[11] = 0xFF;
    if (::inet_pton(AF_INET, text.c_str(), bytes.data() + 12) == 1) return bytes;
    return std::nullopt;
}

std::optional<AddressBlock> AddressBlock::parse(std::string_view text) {
    const auto parts = base::split_once(text, '/');
    const auto first = bytes_of(parts.before);
    if (!first) return std::nullopt;
    const bool is_ipv6 = parts.before.find(':') != std::string_view::npos;
    const auto most = is_ipv6 ? kBitsOfIpv6 : kBitsOfIpv4;
    const auto bits = parts.found ? base::to_u64(parts.after) : std::optional<std::uint64_t>(most);
    if (!bits || *bits > most) return std::nullopt;
    AddressBlock block;
    block.first_ = *first;
    block.bits_ = static_cast<unsigned>(*bits) + (kBitsOfIpv6 - most);
    return block;
}

bool AddressBlock::contains(std::string_view address) const {
    const auto bytes = bytes_of(address);
    return bytes && is_same_start(bytes->data(), first_.data(), bits_);
}

}  // namespace herald::packages
