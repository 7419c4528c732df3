// server/notify/notifier.h: what happens to a SUBSCRIBE: gather, decide, commit, apply (RFC
// 6665 4.2.1).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/core/context.h"
#include "server/core/gate.h"
#include "server/notify/notify.h"
#include "server/notify/subscribe_decision.h"
#include "sip/fields.h"

namespace herald::server {

/// The notifier of one shard. Requests reach it with the core checks passed and the event package
/// known.
class Notifier {
public:
    using Id = SubscriptionTable::Id;

    Notifier(Context& context, NotifySender& sender);

    /// A request with a To tag of any method: false where it was answered 481 (no such dialog) or
    /// 500 (CSeq out of order, RFC 3261 12.2.2), or where it repeats what was done before a crash.
    bool check_dialog(sip::ServerTransactionId transaction, const sip::Message& request);
    /// Answers now, or after the commit.
    void on_subscribe(sip::ServerTransactionId transaction, const sip::Message& request,
                      const sip::Flow& flow, const packages::Package& package);

    /// One row of the store, before the first request: dialog, state and timers as they were.
    /// Nothing runs out before `not_before`, and then spread over some seconds
    /// (docs/architecture.md: Restart).
    void recover(const store::Subscription& row, base::WallTime not_before);
    /// Ends the subscriptions to resources of `aor` whose URI leads elsewhere now, so that their
    /// watchers subscribe again: after a change of aliases.
    void send_elsewhere(std::string_view aor);
    /// Likewise all of them: after recovery.
    void send_strays_elsewhere();
    /// No repetition of a request of the last run can come any more.
    void forget_tombstones() { tombstones_.clear(); }
    /// All dialogs of the cell leave memory, and nobody is told. No change of them is under way.
    void forget(Cell cell);
    std::size_t held() const noexcept { return tombstones_.size(); }

private:
    /// A SUBSCRIBE on its way through the ladder.
    struct Incoming {
        sip::ServerTransactionId transaction;
        sip::Flow flow;
        const packages::Package* package;
        Identity who;
    };
    /// What a refresh is about to change, until it is durable.
    struct Refresh {
        PackedText text;
        sip::Flow flow;
        base::WallTime expires_at{};
        std::uint64_t change = 0, mark = 0;
        std::uint32_t granted = 0, remote_cseq = 0, cseq_base = 0;
        std::uint16_t view = 0;
        bool is_pending = false;
    };

    void on_initial(Incoming incoming, const sip::Message& request);
    void on_in_dialog(Incoming incoming, const sip::Message& request);
    void resume_initial(const Incoming& incoming);
    void resume_in_dialog(const Incoming& incoming);

    bool authenticate(Incoming& incoming, const sip::Message& request);
    SubscribeFacts gather(const Incoming& incoming, const sip::Message& request,
                          std::string_view aor, const Subscription* existing,
                          bool takes_room) const;
    ExpiryRules expiry_rules(const packages::Profile& profile) const;
    bool is_over_limit(const Incoming& incoming, std::string_view aor) const;
    /// The live subscription of the same device that this initial SUBSCRIBE replaces,
    /// if any.
    Id find_twin(const Incoming& incoming, const sip::Message& request, std::string_view aor) const;

    Subscription new_record(const Incoming& incoming, const sip::Message& request,
                            const SubscribeGrant& grant, std::string_view aor,
                            const sip::NameAddress& contact);
    void fetch(const Incoming& incoming, Subscription record);
    void create(const Incoming& incoming, const sip::Message& request, Subscription record,
                Id replaced);
    void apply_created(const Incoming& incoming, Id id, Id replaced, store::Outcome outcome);
    Id adopt(Subscription record);

    bool is_in_order(sip::ServerTransactionId transaction, const Subscription& record,
                     const sip::Message& request);
    bool is_same_usage(const Incoming& incoming, const Subscription& record,
                       const sip::Message& request);
    void refresh(const Incoming& incoming, const sip::Message& request, Id id,
                 const SubscribeGrant& grant);
    Refresh plan_refresh(const Incoming& incoming, const sip::Message& request,
                         const Subscription& record, const SubscribeGrant& grant) const;
    store::Change change_of(const Subscription& record, const Refresh& refresh,
                            store::RequestMark mark) const;
    void apply_refresh(const Incoming& incoming, Id id, Refresh& refresh, store::Outcome outcome);
    void refuse_ended(const Incoming& incoming, Id id);
    void unsubscribe(const Incoming& incoming, const sip::Message& request, Id id);
    void apply_unsubscribe(const Incoming& incoming, Id id, store::Outcome outcome);

    void on_expiry(Id id);
    /// Ends a subscription by itself: the row goes first, in its own commit; then the watcher is
    /// told.
    void run_out(Id id, EndReason reason);
    bool is_misplaced(const Subscription& record) const;
    void send_some_elsewhere(std::vector<Id> ids);
    void send_one_elsewhere(Id id);
    /// Nobody decides for ever: a pending subscription is given up.
    void await_decision(Id id);
    void run_out_later(Id id, EndReason reason);
    void arm_expiry(Id id, base::WallTime not_before);
    bool answer_tombstone(sip::ServerTransactionId transaction, const sip::Message& request);
    void accept(sip::ServerTransactionId transaction, const Subscription& record,
                std::uint32_t expires);
    void refuse(const Incoming& incoming, const sip::Answer& answer);
    void turn_away(const Incoming& incoming);
    void refuse_uncommitted(const Incoming& incoming, store::Outcome outcome);
    store::Subscription row_of(const Subscription& record, store::RequestMark mark) const;
    void open_gate(Id id);

    Context& context_;
    NotifySender& sender_;
    base::Timers::Owner expiry_timer_;
    base::Timers::Owner decision_timer_;
    Gate gate_;
    /// Dialogs that ended just before the last run did, by our tag: for repetitions of the ending
    /// request.
    std::unordered_map<std::string, std::uint64_t> tombstones_;
    base::Counter& accepted_;
    base::Counter& refreshed_;
    base::Counter& fetched_;
    base::Counter& replaced_;
    base::Counter& expired_;
    base::Counter& sent_elsewhere_;
};

}  // namespace herald::server
