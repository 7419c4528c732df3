// server/notify/subscribe_decision.h: what to do with a SUBSCRIBE, decided from facts alone (RFC
// 6665 4.2.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "packages/package.h"
#include "server/access/authorize.h"
#include "sip/answer.h"
#include "sip/message.h"

namespace herald::server {

/// Bounds of subscription durations in seconds, from configuration and package.
struct ExpiryRules {
    std::uint32_t standard;  ///< where the request names none
    std::uint32_t minimum;
    std::uint32_t maximum;
    bool is_clamping = false;  ///< below the minimum: raise instead of 423
};

/// All that deciding needs; gathered before, touched by nothing.
struct SubscribeFacts {
    const sip::Message& request;
    const packages::Profile& profile;
    SubHandling handling;
    bool is_ours;   ///< the Request-URI names a domain of ours
    bool is_known;  ///< ... and somebody in it
    bool is_in_dialog;
    bool is_over_limit;  ///< per watcher, resource or source
    bool was_active;     ///< in-dialog: the subscription is active already
    ExpiryRules expiry;
};

/// What was granted.
struct SubscribeGrant {
    std::uint32_t expires;  ///< seconds; 0: fetch or unsubscribe
    bool is_pending;
    std::string_view type;  ///< of the body, one of the profile's
};

/// The checks of RFC 6665 4.2.1 from authorization on, in its order; a refusal is the whole answer.
std::variant<SubscribeGrant, sip::Answer> decide(const SubscribeFacts& facts);

/// Expires of a request in seconds; nullopt where it has none that can be read.
std::optional<std::uint32_t> asked_expires(const sip::Message& request);

/// RFC 6665 4.2.1.1: nullopt where it is too brief.
std::optional<std::uint32_t> granted_expires(std::optional<std::uint32_t> asked,
                                             const ExpiryRules& rules);

}  // namespace herald::server
