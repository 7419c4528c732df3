// sip/uri.h: SIP URIs (RFC 3261 19.1) as views into their text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/temporary.h"

namespace herald::sip {

enum class Scheme : std::uint8_t { sip, sips, tel, pres, im, other };

/// Walks `;name=value` or `&`-separated parts; the value is empty where there is no `=`.
struct Parameter {
    std::string_view name;
    std::string_view value;
    bool has_value = false;
};

/// A parsed URI. All members are views into the text given to parse(), which must outlive it.
struct Uri {
    std::string_view text;         ///< the whole URI as written
    std::string_view scheme_text;  ///< as written
    Scheme scheme = Scheme::other;
    std::string_view user;  ///< still escaped; empty and !has_user where there is none
    std::string_view password;
    std::string_view host;        ///< IPv6 without brackets
    std::uint16_t port = 0;       ///< 0: none given
    std::string_view parameters;  ///< after the first `;`, without it
    std::string_view headers;     ///< after `?`, without it
    bool has_user = false;
    bool is_ipv6 = false;

    /// Value of URI parameter `name` (case-insensitive), empty for a flag; nullopt where it is
    /// absent.
    std::optional<std::string_view> parameter(std::string_view name) const noexcept;
};

/// Faults: malformed. tel: gives the number in `user`, pres: and im: user and host, any other
/// scheme only its name and the text.
Result<Uri> parse_uri(std::string_view text);
template <base::TemporaryString Text>
Result<Uri> parse_uri(Text&& text) = delete;

/// URI equality (RFC 3261 19.1.4): not transitive.
bool equivalent(const Uri& a, const Uri& b);

/// The key of a resource: scheme sip, user unescaped-then-minimally-escaped with its case kept,
/// host in lower case, no parameters, no port that is sip's default or the default of the URI's
/// scheme (RFC 3261 10.3 step 5). The key of a key is that key. pres: and im: map to sip:, tel:
/// loses its visual separators. A listening port other than the default is dropped by the caller's
/// domain table, not here.
std::string canonical_aor(const Uri& uri);

/// Appends the Request-URI of a request sent to `uri`: without headers and the method parameter,
/// all else as written (RFC 3261 19.1.5).
void append_request_uri(std::string& out, const Uri& uri);
/// As above for `uri` not parsed yet; what cannot be parsed is appended as it is.
void append_request_uri(std::string& out, std::string_view uri);

/// Next `;`-separated parameter of `rest`, which is advanced past it; quoted strings and LWS around
/// `=` and `;` are understood; a quoted value keeps its quotes. A `;` after the last one is
/// forgiven. nullopt at the end or at malformed text, when `rest` is left non-empty.
std::optional<Parameter> next_parameter(std::string_view& rest);
/// Whether canonical_host() leaves it as it is, told without looking twice.
bool is_canonical_host(std::string_view host) noexcept;

/// Lower-case host without a trailing dot; IPv6 (with or without brackets) in canonical form with
/// brackets, v4-mapped addresses as IPv4.
std::string canonical_host(std::string_view host);

/// Appends `user` with every character outside RFC 3261's user production escaped.
void append_escaped_user(std::string& out, std::string_view user);

}  // namespace herald::sip
