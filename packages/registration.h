// packages/registration.h: one binding of an address-of-record to a contact, as the registrar makes
// it and the reg package shows it (RFC 3261 10.3, RFC 3680 5).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "packages/package.h"

namespace herald::packages {

/// The media type under which the store keeps a binding: the text of to_text().
inline constexpr std::string_view kBindingType = "application/vnd.herald.binding";

/// What the registrar keeps of one contact. to_text() writes what a refresh does not change; the
/// publication that holds the binding keeps the rest.
struct Binding final : Admitted {
    std::string contact;       ///< the URI as registered, without <>
    std::string display_name;  ///< as within quotes: escaped
    /// Header parameters as registered, `name` or `name=value`, without expires and the GRUUs.
    std::vector<std::string> parameters;
    std::string instance;      ///< +sip.instance without quotes and <>; empty: none
    std::uint32_t reg_id = 0;  ///< RFC 5626; 0: none
    std::string path;          ///< ready Route value, empty: none (RFC 3327)
    std::string flow;          ///< the request came by; opaque here
    std::string user_agent;
    base::WallTime created{};
    /// CSeq of the request that made the oldest temporary GRUU still valid (RFC 5628 5).
    std::uint32_t first_cseq = 0;
    /// A call it was registered within, before a request of another one took it over.
    struct Former {
        std::string call_id;
        std::uint32_t cseq = 0;  ///< of the last request within it
        base::WallTime until{};  ///< then no copy of that comes any more
    };
    std::vector<Former> former;

    // Not kept:
    std::string public_gruu;     ///< RFC 5627; empty without an instance
    std::string temporary_gruu;  ///< the newest one

    // Kept with every refresh:
    std::string call_id;
    std::uint32_t cseq = 0;
    base::WallTime expires_at{};  ///< zero: never
};

std::string to_text(const Binding& binding);
/// Faults: malformed.
Result<Binding> binding_from_text(std::string_view text);

/// Value of a header parameter as registered (quotes kept), empty for a flag.
std::optional<std::string_view> parameter(const Binding& binding, std::string_view name) noexcept;

}  // namespace herald::packages
