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
    /// What becomes of one that ends undecided: its watcher waits until then, or it is over.
    struct Undecided {
        base::WallTime until{};  ///< zero: it does not wait
    };
    Undecided undecided(const Subscription& record) const;
    /// The change that turns its row into that of a waiting watcher.
    store::TouchSubscription wait_of(const Subscription& record, Undecided end) const;

    /// Adds it to the watchers of its resource.
    Id adopt(Subscription record);
    /// Its row is durable: it is active from now on, or pending until the owner decides.
    void begin(Id id, bool is_pending);
    /// It is pending: gives it up if the owner does not decide in time.
    void await_decision(Id id);
    /// To be called after each change of its expiry. It runs out kExpiryGrace later than told; what
    /// lapsed before `not_before` runs out spread over the seconds after it (docs/architecture.md:
    /// Restart).
    void arm_expiry(Id id, base::WallTime not_before);
    /// The wall clock was moved ahead: as PublicationExpiry::on_clock_step().
    void on_clock_step(base::Duration ahead);
    /// Ends it on the server's own account.
    void run_out(Id id, EndReason reason);
    /// Its end is durable: the final NOTIFY goes out, then it is gone.
    void end(Id id, EndReason reason);

    /// Keeps `work` until the change of the subscription that is under way is done; false where too
    /// much waits.
    bool wait(Id id, base::Task<void()>&& work) { return gate_.wait(pack(id), std::move(work)); }
    /// The change under way is done: what waits for it runs.
    void open_gate(Id id);

    /// Recovery is over: what is granted from now on belongs to this run.
    void resume();

private:
    void on_expiry(Id id);
    void run_out_later(Id id, EndReason reason, base::Duration delay);
    void apply_end(Id id, EndReason reason, Undecided wait, store::Outcome outcome);
    void give_up_pending(Id id);

    Context& context_;
    NotifySender& sender_;
    WaitingWatchers waiting_;
    base::Timers::Owner expiry_timer_;
    base::Timers::Owner decision_timer_;
    Gate gate_;
    base::WallTime begun_{};  ///< this run: what was granted before was found
};

}  // namespace herald::server
