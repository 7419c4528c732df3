// server/notify/subscribe_requests.h: what happens to a SUBSCRIBE: gather, decide, commit, apply
// (RFC 6665 4.2.1).
#pragma once

#include <optional>
#include <string_view>

#include "server/core/context.h"
#include "server/core/request.h"
#include "server/notify/live_subscriptions.h"
#include "server/notify/notify_sender.h"
#include "server/notify/subscribe_decision.h"
#include "sip/fields.h"

namespace herald::server {

/// One per shard, on its thread. Requests reach it with the core checks passed and the event
/// package known.
class SubscribeRequests {
public:
    using Id = SubscriptionTable::Id;

    SubscribeRequests(Context& context, NotifySender& sender, LiveSubscriptions& live);

    /// The whole answer to a request with a To tag of any method, where nothing else is to be done:
    /// 481 (no such dialog), 500 (CSeq out of order, RFC 3261 12.2.2), or what was answered before
    /// a crash. nullopt: it is to be served.
    std::optional<sip::Answer> answer_within_dialog(const Request& request) const;
    /// Answers now, or after the commit.
    void on_subscribe(const Request& request);

private:
    /// A SUBSCRIBE on its way through the ladder.
    struct Incoming {
        sip::ServerTransactionId transaction;
        sip::Flow flow;
        const packages::Package* package;
        Identity who;
        Id dialog;        ///< the subscription it came within; none: an initial one
        std::string aor;  ///< of the resource, and how the watcher spells it: of an initial one
        std::string entity;
        bool is_ours = false;  ///< a domain served here
    };
    /// What a refresh is about to change, until it is durable.
    struct Refresh {
        PackedText text;
        sip::Flow flow;
        base::WallTime expires_at{};
        std::uint64_t change = 0, mark = 0;
        std::uint32_t granted = 0, remote_cseq = 0, cseq_base = 0;
        std::uint8_t type = 0;       ///< index in Profile::notify_types
        PermissionsPtr permissions;  ///< for one that is granted by it
        bool is_pending = false;
    };

    void on_initial(Incoming incoming, const Request& request);
    void resume_initial(const Incoming& incoming);
    bool is_elsewhere(const Incoming& incoming) const;
    void on_in_dialog(Incoming incoming, const Request& request);
    void resume_in_dialog(const Incoming& incoming);

    bool authenticate(Incoming& incoming, const sip::Message& request);
    SubscribeFacts gather(const Incoming& incoming, const sip::Message& request,
                          std::string_view aor, const Subscription* existing,
                          bool takes_room) const;
    bool is_over_limit(const Incoming& incoming) const;
    /// The live subscription of the same device that this initial SUBSCRIBE replaces,
    /// if any.
    Id find_twin(const Incoming& incoming, const sip::Message& request,
                 const sip::NameAddress& contact) const;

    Subscription new_record(const Incoming& incoming, const sip::Message& request,
                            const sip::NameAddress& contact, const SubscribeGrant& grant) const;
    void fetch(const Incoming& incoming, Subscription record);
    void answer_fetch(const Incoming& incoming, Id id);
    bool is_to_be_remembered(const Incoming& incoming, const Subscription& record) const;
    void remember(const Incoming& incoming, Subscription record);
    void apply_remembered(const Incoming& incoming, Id id, base::WallTime until,
                          store::Outcome outcome);
    /// The earlier subscription of the same watcher that waits to be decided about.
    std::optional<std::uint64_t> waiting_for(const Incoming& incoming, std::string_view aor) const;
    void stop_waiting(Id id, std::uint64_t waiting);
    void create(const Incoming& incoming, const sip::Message& request, Subscription record,
                Id replaced);
    void apply_created(const Incoming& incoming, Id id, Id replaced, store::Outcome outcome);

    Refresh plan_refresh(const Incoming& incoming, const sip::Message& request,
                         const Subscription& record, const SubscribeGrant& grant) const;
    store::Change change_of(const Subscription& record, const Refresh& refresh,
                            store::RequestMark mark) const;
    void refresh(const Incoming& incoming, const sip::Message& request, Id id,
                 const SubscribeGrant& grant);
    void apply_refresh(const Incoming& incoming, Id id, Refresh& refresh, store::Outcome outcome);
    void unsubscribe(const Incoming& incoming, const sip::Message& request, Id id);
    void apply_unsubscribe(const Incoming& incoming, Id id, LiveSubscriptions::Undecided wait,
                           store::Outcome outcome);

    void refuse(const Incoming& incoming, const sip::Answer& answer);
    void turn_away(const Incoming& incoming);
    void refuse_uncommitted(const Incoming& incoming, store::Outcome outcome);
    void refuse_ended(const Incoming& incoming, Id id);

    Context& context_;
    NotifySender& sender_;
    LiveSubscriptions& live_;
    base::Counter& accepted_;
    base::Counter& refreshed_;
    base::Counter& fetched_;
    base::Counter& replaced_;
};

}  // namespace herald::server
