// server/notify/subscribe_decision.h: what to do with a SUBSCRIBE, decided from facts alone (RFC
// 6665 4.2.1).
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "packages/package.h"
#include "server/access/authorize.h"
#include "server/core/duration.h"
#include "sip/answer.h"
#include "sip/message.h"

namespace herald::server {

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
    PermissionsPtr permissions{};                ///< with a handling that shows something
    Result<std::string> manner = std::string();  ///< of a package that has_manners
};

/// What was granted.
struct SubscribeGrant {
    std::uint32_t expires;  ///< seconds; 0: fetch or unsubscribe
    bool is_pending;
    std::string_view type;         ///< of the body, one of the profile's
    PermissionsPtr permissions{};  ///< null: everything
    std::string manner{};          ///< of a package that has_manners
};

/// The checks of RFC 6665 4.2.1 from authorization on, in its order; a refusal is the whole answer.
std::variant<SubscribeGrant, sip::Answer> decide_subscribe(const SubscribeFacts& facts);

}  // namespace herald::server
