// sip/fields.h: typed header values, each parsed on demand from the text of one header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/temporary.h"
#include "sip/message.h"
#include "sip/uri.h"

namespace herald::sip {

/// name-addr or addr-spec with header parameters (RFC 3261 20.10, 20.20, 20.39). Views into the
/// value.
struct NameAddress {
    std::string_view display_name;  ///< unquoted but still escaped
    std::string_view uri;           ///< without <>
    std::string_view parameters;    ///< header parameters, after the first `;`
    bool has_brackets = false;      ///< a name-addr: the URI stands in <>
    std::optional<std::string_view> parameter(std::string_view name) const;
};
/// Faults: malformed.
Result<NameAddress> parse_name_address(std::string_view value);
template <base::TemporaryString Text>
Result<NameAddress> parse_name_address(Text&& value) = delete;
/// The usable Contact of a dialog-forming request: exactly one, with a sip or sips URI. Faults:
/// malformed.
Result<NameAddress> sole_contact(const Message& message);

/// Event (RFC 6665 8.2.1).
struct Event {
    std::string_view text;        ///< the whole value, to be echoed
    std::string_view type;        ///< package with templates, bytes as sent
    std::string_view parameters;  ///< after the first `;`
    std::optional<std::string_view> id;
};
Result<Event> parse_event(std::string_view value);
template <base::TemporaryString Text>
Result<Event> parse_event(Text&& value) = delete;

/// Subscription-State (RFC 6665 8.2.3).
struct SubscriptionStateField {
    std::string_view state;  ///< active, pending, terminated or an extension
    std::string_view reason;
    std::optional<std::uint32_t> expires;
    std::optional<std::uint32_t> retry_after;
};
Result<SubscriptionStateField> parse_subscription_state(std::string_view value);
template <base::TemporaryString Text>
Result<SubscriptionStateField> parse_subscription_state(Text&& value) = delete;

/// Delta-seconds of Expires, Min-Expires, Retry-After (comments and parameters after it ignored)
/// and of expires parameters, quoted or not; clamped to 2^32-1.
std::optional<std::uint32_t> parse_delta_seconds(std::string_view value) noexcept;

/// A media type in lower case without parameters: `application/pidf+xml`. Faults: malformed.
Result<std::string> parse_media_type(std::string_view content_type);

/// Whether a Content-Disposition says `handling=optional` (RFC 3261 20.11): a body that is not
/// understood is then passed over.
bool is_handling_optional(std::string_view content_disposition) noexcept;

/// Picks from `offered` (in order of our preference) what the Accept headers like best (RFC
/// 3261 20.1, RFC 9110 12.5.1 for wildcards and q). No Accept header at all gives offered[0];
/// nothing acceptable (an empty Accept too) gives nullopt.
std::optional<std::string_view> choose_media_type(const Message& message,
                                                  const std::vector<std::string_view>& offered);

/// Digest challenge or credentials: scheme and its comma-separated name=value pairs, unquoted. A
/// Bearer token stands under the empty name.
struct AuthField {
    std::string scheme;  ///< as written
    std::vector<std::pair<std::string, std::string>>
        parameters;                   ///< names in lower case, values unquoted
    std::vector<std::string> quoted;  ///< names of the values that were quoted
    std::optional<std::string_view> parameter(std::string_view name) const;
};
Result<AuthField> parse_auth(std::string_view value);

/// Removes the quotes and the escapes of a quoted-string; anything else comes back as it is.
std::string unquote(std::string_view text);

}  // namespace herald::sip
