// server/notify/new_subscriptions.h: what happens to a SUBSCRIBE outside a dialog: gather, decide,
// commit, apply (RFC 6665 4.2.1).
#pragma once

#include <optional>
#include <string_view>

#include "server/core/context.h"
#include "server/notify/live_subscriptions.h"
#include "server/notify/notify_sender.h"
#include "server/notify/subscribe_intake.h"

namespace herald::server {

/// One per shard, on its thread.
class NewSubscriptions {
public:
    using Id = SubscriptionTable::Id;

    NewSubscriptions(Context& context, SubscribeIntake& intake, NotifySender& sender,
                     LiveSubscriptions& live);

    /// Answers now, or after the commit.
    void on_subscribe(IncomingSubscribe incoming, const Request& request);

private:
    void resume(const IncomingSubscribe& incoming);
    void serve(const IncomingSubscribe& incoming, const sip::Message& request,
               const sip::NameAddress& contact);
    bool is_elsewhere(const IncomingSubscribe& incoming) const;
    bool is_over_limit(const IncomingSubscribe& incoming) const;
    bool has_no_memory(const IncomingSubscribe& incoming) const;
    Id oldest_dead(const IncomingSubscribe& incoming) const;
    bool is_dead(const Subscription& record) const;
    /// The live subscription of the same device that this initial SUBSCRIBE replaces, if any.
    Id find_twin(const IncomingSubscribe& incoming, const sip::Message& request,
                 const sip::NameAddress& contact) const;

    void vacate_views(Resource& resource) const;
    Subscription new_record(const IncomingSubscribe& incoming, const sip::Message& request,
                            const sip::NameAddress& contact, const SubscribeGrant& grant) const;
    void fetch(const IncomingSubscribe& incoming, Subscription record);
    void answer_fetch(const IncomingSubscribe& incoming, Id id);
    bool is_to_be_remembered(const IncomingSubscribe& incoming, const Subscription& record) const;
    void remember(const IncomingSubscribe& incoming, Subscription record);
    void apply_remembered(const IncomingSubscribe& incoming, Id id, base::WallTime until,
                          store::Outcome outcome);
    /// The earlier subscription of the same watcher that waits to be decided about.
    std::optional<std::uint64_t> waiting_for(const IncomingSubscribe& incoming,
                                             std::string_view aor) const;
    void stop_waiting(Id id, std::uint64_t waiting);
    void create(const IncomingSubscribe& incoming, const sip::Message& request, Subscription record,
                Id replaced);
    void apply_created(const IncomingSubscribe& incoming, Id id, Id replaced,
                       store::Outcome outcome);

    Context& context_;
    SubscribeIntake& intake_;
    NotifySender& sender_;
    LiveSubscriptions& live_;
    base::Counter& gave_way_;
};

}  // namespace herald::server
