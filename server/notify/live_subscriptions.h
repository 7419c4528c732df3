// server/notify/live_subscriptions.h: the subscriptions of a shard over their lives: made,
// run out, ended by the server; and what waits while one is being changed.
//
//   A subscription the server ends by itself goes in two steps: a commit that says so, then the last
//   NOTIFY. Where the watcher could not know (is_kept()) the row stays until it has heard, so that
//   it is told after a crash; else the commit removes it.
#pragma once

#include <utility>

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

    /// Keeps `work` until the change of the subscription that is under way is done; false where too
    /// much waits.
    bool wait(Id id, base::Task<void()>&& work) { return gate_.wait(pack(id), std::move(work)); }
    /// ... which it is now.
    void open_gate(Id id);

    /// All of earlier runs are there; what is granted from now on is of this one.
    void resume();
    /// All dialogs of the cell leave memory, and nobody is told. No change of them is under way.
    void forget(Cell cell);

private:
    void on_expiry(Id id);
    void run_out_later(Id id, EndReason reason);
    void apply_end(Id id, EndReason reason, Undecided wait, store::Outcome outcome);
    void give_up_pending(Id id);

    Context& context_;
    NotifySender& sender_;
    WaitingWatchers waiting_;
    base::Timers::Owner expiry_timer_;
    base::Timers::Owner decision_timer_;
    Gate gate_;
    base::WallTime begun_{};  ///< this run: what was granted before was found
    base::Counter& expired_;
};

}  // namespace herald::server
