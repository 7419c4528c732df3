// server/core/duration.cpp: how long what a request asks for is granted (RFC 6665 4.2.1.1, RFC
// 3903 6).
#include "server/core/duration.h"

#include <algorithm>

#include "server/core/subscription.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

/// RFC 6665 4.2.1.1: an hour or more must never be refused as too brief.
constexpr std::uint32_t kNeverTooBrief = 3600;

}  // namespace

std::optional<std::uint32_t> asked_expires(const sip::Message& request) {
    const auto value = request.header(sip::Header::expires);
    return value ? sip::parse_delta_seconds(*value) : std::nullopt;
}

std::optional<std::uint32_t> granted_expires(std::optional<std::uint32_t> asked,
                                             const ExpiryRules& rules) {
    const std::uint32_t wanted = asked.value_or(rules.standard);
    if (wanted == 0) return 0;
    if (wanted < rules.minimum && wanted < kNeverTooBrief) {
        return rules.is_clamping ? std::optional(rules.minimum) : std::nullopt;
    }
    return std::min(wanted, rules.maximum);
}

std::uint32_t told_seconds(base::WallTime expires_at, base::WallTime now,
                           std::uint32_t granted) noexcept {
    return std::max(1U, std::min(granted, seconds_left(expires_at, now)));
}

}  // namespace herald::server
