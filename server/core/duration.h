// server/core/duration.h: how long what a request asks for is granted (RFC 6665 4.2.1.1, RFC 3903
// 6).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "sip/message.h"

namespace herald::server {

/// Bounds of durations in seconds, from configuration and package.
struct ExpiryRules {
    std::uint32_t standard;  ///< where the request names none
    std::uint32_t minimum;
    std::uint32_t maximum;
    bool is_clamping = false;  ///< below the minimum: raise instead of 423
};

/// Expires of a request in seconds; nullopt where it has none that can be read.
std::optional<std::uint32_t> asked_expires(const sip::Message& request);

/// RFC 6665 4.2.1.1: nullopt where it is too brief.
std::optional<std::uint32_t> granted_expires(std::optional<std::uint32_t> asked,
                                             const ExpiryRules& rules);

/// Everything ends this much later than was granted: some clients renew exactly when the time is
/// over, and copies of a lost request come after 0.5, 1.5 and 3.5 s.
inline constexpr auto kExpiryGrace = std::chrono::seconds(5);

/// `expires_at - now` in whole seconds, as it is told of something alive: never 0, never more than
/// was granted.
std::uint32_t told_seconds(base::WallTime expires_at, base::WallTime now,
                           std::uint32_t granted) noexcept;

}  // namespace herald::server
