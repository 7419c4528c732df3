// server/notify/subscription_refreshes.h: what happens to a SUBSCRIBE within a dialog: it is
// refreshed, or ends (RFC 6665 4.2.1.4, 4.1.2.3).
#pragma once

#include <cstdint>
#include <optional>

#include "server/core/context.h"
#include "server/notify/earlier_subscriptions.h"
#include "server/notify/live_subscriptions.h"
#include "server/notify/notify_sender.h"
#include "server/notify/subscribe_intake.h"

namespace herald::server {

/// One per shard, on its thread.
class SubscriptionRefreshes {
public:
    using Id = SubscriptionTable::Id;

    SubscriptionRefreshes(Context& context, SubscribeIntake& intake, NotifySender& sender,
                          LiveSubscriptions& live, const EarlierSubscriptions& earlier);

    /// As SubscribeRequests::answer_within_dialog().
    std::optional<sip::Answer> answer_within_dialog(const Request& request) const;
    /// Answers now, or after the commit.
    void on_subscribe(IncomingSubscribe incoming, const Request& request);

private:
    /// What a refresh is about to change, until it is durable.
    struct Refresh {
        PackedText text;  ///< empty: the Contact is the one there is
        WatcherArrival arrival;
        base::WallTime expires_at{};
        std::uint64_t change = 0, mark = 0;
        std::uint32_t granted = 0, remote_cseq = 0, cseq_base = 0;
        std::uint8_t type = 0;       ///< index in Profile::notify_types
        PermissionsPtr permissions;  ///< for one that is granted by it
        std::string manner;          ///< Package::manner()
        bool is_pending = false;
        bool is_same_place = false;  ///< nothing but times and counters moves
    };

    /// What an unsubscribe comes to.
    struct Ending {
        WatcherArrival arrival;
        LiveSubscriptions::Undecided wait;
    };

    void resume(const IncomingSubscribe& incoming);
    WatcherArrival arrival_of(const IncomingSubscribe& incoming, const sip::Message& request,
                              const Subscription& record, std::string_view target) const;
    Refresh plan(const IncomingSubscribe& incoming, const sip::Message& request, Id id,
                 const SubscribeGrant& grant) const;
    store::Change change_of(const Subscription& record, const Refresh& refresh,
                            store::RequestMark mark) const;
    void refresh(const IncomingSubscribe& incoming, const sip::Message& request, Id id,
                 const SubscribeGrant& grant);
    void apply_refresh(const IncomingSubscribe& incoming, Id id, Refresh& refresh,
                       store::Outcome outcome);
    void unsubscribe(const IncomingSubscribe& incoming, const sip::Message& request, Id id);
    void apply_unsubscribe(const IncomingSubscribe& incoming, Id id, const Ending& end,
                           store::Outcome outcome);
    void refuse_ended(const IncomingSubscribe& incoming, Id id);

    Context& context_;
    SubscribeIntake& intake_;
    NotifySender& sender_;
    LiveSubscriptions& live_;
    const EarlierSubscriptions& earlier_;
};

}  // namespace herald::server
