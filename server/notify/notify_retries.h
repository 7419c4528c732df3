// server/notify/notify_retries.h: when a NOTIFY that could not leave, or was of no use, is tried
// again.
#pragma once

#include <utility>

#include "base/task.h"
#include "server/core/context.h"

namespace herald::server {

/// One time for each subscription, in Subscription::retry. One per shard, on its thread.
class NotifyRetries {
public:
    using Id = SubscriptionTable::Id;

    /// `due` is called when its time has come.
    NotifyRetries(Context& context, base::Task<void(Id)> due)
        : timers_(context.loop.timers()),
          loop_(context.loop),
          due_(std::move(due)),
          timer_(timers_.add_owner([this](std::uint64_t user) { due_(unpack(user)); })) {}

    /// Replaces the time that was set before.
    void arm(Id id, Subscription& record, base::Duration delay) {
        timers_.cancel(record.retry);
        record.retry = timers_.arm(timer_, pack(id), loop_.now() + delay);
    }
    void cancel(Subscription& record) { timers_.cancel(record.retry); }
    bool is_armed(const Subscription& record) const { return timers_.is_armed(record.retry); }

private:
    base::Timers& timers_;
    base::Loop& loop_;
    base::Task<void(Id)> due_;
    base::Timers::Owner timer_;
};

}  // namespace herald::server
