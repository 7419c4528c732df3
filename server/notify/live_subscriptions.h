// server/notify/live_subscriptions.h: the subscriptions of a shard over their lives: made,
// recovered, run out, ended by the server; and what waits while one is being changed.
//
//   A subscription the server ends by itself goes in two steps: a commit that says so, then the last
//   NOTIFY. Where the watcher could not know (is_kept()) the row stays until it has heard, so that
//   it is told after a crash; else the commit removes it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/text_map.h"
#include "server/access/authorize.h"
#include "server/core/context.h"
#include "server/core/gate.h"
#include "server/notify/notify_sender.h"
#include "server/notify/waiting_watchers.h"

namespace herald::server {

/// One per shard, on its thread.
class LiveSubscriptions {
public:
    using Id = SubscriptionTable::Id;

    LiveSubscriptions(Context& context, NotifySender& sender, WatcherList& list);

    WaitingWatchers& waiting() noexcept { return waiting_; }
    const WaitingWatchers& waiting() const noexcept { return waiting_; }
    /// How one ends that nobody decided about: it waits until the time given, or is over.
    struct Undecided {
        base::WallTime until{};  ///< zero: it does not wait
    };
    Undecided undecided(const Subscription& record) const;
    /// What its row is from then on.
    store::TouchSubscription wait_of(const Subscription& record, Undecided end) const;

    /// A new one, among its resource's watchers.
    Id adopt(Subscription record);
    /// Its row is durable: active, or pending for as long as nobody decides.
    void begin(Id id, bool is_pending);
    /// Pending, and nobody decides for ever.
    void await_decision(Id id);
    /// Anew after each change of its expiry; with kExpiryGrace. What lapsed before `not_before`
    /// does so spread over the seconds after it (docs/architecture.md: Restart).
    void arm_expiry(Id id, base::WallTime not_before);
    /// The wall clock was moved ahead: as Publications::on_clock_step().
    void on_clock_step(base::Duration ahead);
    /// Ends one by itself.
    void run_out(Id id, EndReason reason);
    /// As it is just before its flow is known better: `record.flow` is the one its request came by.
    store::Subscription row_of(const Subscription& record, store::RequestMark mark) const;

    /// Keeps `work` until the change of the subscription that is under way is done; false where too
    /// much waits.
    bool wait(Id id, base::Task<void()>&& work) { return gate_.wait(pack(id), std::move(work)); }
    /// ... which it is now.
    void open_gate(Id id);

    /// One row of the store, before the first request: dialog, state and timers as they were.
    void recover(const store::Subscription& row, base::WallTime not_before);
    /// After the last one: whoever does not know yet that his subscription ended is told.
    void resume();
    /// Whether `request` repeats the one that ended a subscription just before the last run did.
    bool was_ended_by(const sip::Message& request) const;
    /// No repetition of a request of the last run can come any more.
    void forget_tombstones() { tombstones_.clear(); }
    /// All dialogs of the cell leave memory, and nobody is told. No change of them is under way.
    void forget(Cell cell);
    std::size_t held() const noexcept {
        return tombstones_.size() + ended_.size() + waiting_.size();
    }

private:
    PermissionsPtr permissions_of(const Subscription& record) const;
    Subscription record_of(const store::Subscription& row, const packages::Package& package) const;
    void on_expiry(Id id);
    void run_out_later(Id id, EndReason reason);
    void apply_end(Id id, EndReason reason, Undecided wait, store::Outcome outcome);
    void give_up_pending(Id id);
    void tell_some_ends(std::vector<Id> ids);

    Context& context_;
    NotifySender& sender_;
    WaitingWatchers waiting_;
    base::Timers::Owner expiry_timer_;
    base::Timers::Owner decision_timer_;
    Gate gate_;
    /// Marks of the requests that ended dialogs just before the last run did, by our tag.
    base::TextMap<std::uint64_t> tombstones_;
    std::vector<Id> ended_;   ///< recovered, to be told
    base::WallTime begun_{};  ///< this run: what was granted before was found
    base::Counter& expired_;
};

}  // namespace herald::server
