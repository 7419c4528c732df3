// server/message/message_text.h: a MESSAGE as it is sent on, kept, and written anew for who comes
// later (RFC 3428, RFC 3261 16.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "sip/endpoint.h"
#include "sip/message.h"
#include "store/records.h"

namespace herald::server {

struct RelayRules {
    std::string_view realm;       ///< credentials for it end here (RFC 3261 22.3)
    bool keeps_identity = false;  ///< P-Asserted-Identity comes from whom we believe (RFC 3325)
    bool keeps_routes = false;    ///< those that are not ours; a user's own are followed no further
    std::string own_lines{};      ///< header lines of ours, ahead of those that are there
};

/// Everything of `request`, which came from `source`, behind the topmost Via of its copy. Headers
/// and body stay as they are but for what a proxy changes.
std::string relayed_text(const sip::Message& request, const sip::Endpoint& source,
                         const RelayRules& rules);

/// The message in `request`, to be kept: who wrote it, when, for how long, and its body.
/// `keeps_identity` as above. Id, recipient, sender and mark are left to the caller.
store::Message kept_form(const sip::Message& request, base::WallTime now, base::Duration keep,
                         bool keeps_identity);

/// A kept message as a new request (RFC 3261 8.1.1), from behind the topmost Via on.
std::string delivery_text(const store::Message& message, base::WallTime now);

/// When a request expires (RFC 3428 7): Expires after its Date, or after `now`; zero: never.
base::WallTime expiry_of(const sip::Message& request, base::WallTime now);

/// Milliseconds of a Date header (RFC 3261 20.17); nullopt: it is none.
std::optional<base::WallTime> date_of(std::string_view value);

/// A header's own value in lines as kept; empty: none.
std::string_view line_value(std::string_view lines, std::string_view name);

/// Longest message that may be kept at all.
std::uint64_t size_of(const store::Message& message) noexcept;

}  // namespace herald::server
