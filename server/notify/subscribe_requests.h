// server/notify/subscribe_requests.h: SUBSCRIBEs of one shard: a new subscription, or one there is
// (RFC 6665 4.2.1).
#pragma once

#include <optional>

#include "server/core/context.h"
#include "server/core/request.h"
#include "server/notify/new_subscriptions.h"
#include "server/notify/subscribe_intake.h"
#include "server/notify/subscription_refreshes.h"

namespace herald::server {

/// One per shard, on its thread. Requests reach it with the core checks passed and the event
/// package known.
class SubscribeRequests {
public:
    SubscribeRequests(Context& context, NotifySender& sender, LiveSubscriptions& live,
                      const EarlierSubscriptions& earlier)
        : intake_(context),
          fresh_(context, intake_, sender, live),
          refreshes_(context, intake_, sender, live, earlier) {}

    /// The whole answer to a request with a To tag of any method, where nothing else is to be done:
    /// 481 (no such dialog), 500 (CSeq out of order, RFC 3261 12.2.2), or what was answered before
    /// a crash. nullopt: it is to be served.
    std::optional<sip::Answer> answer_within_dialog(const Request& request) const {
        return refreshes_.answer_within_dialog(request);
    }
    /// Answers now, or after the commit.
    void on_subscribe(const Request& request);

private:
    SubscribeIntake intake_;
    NewSubscriptions fresh_;
    SubscriptionRefreshes refreshes_;
};

}  // namespace herald::server
