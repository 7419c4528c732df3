// server/notify/notify_retries.h: when a NOTIFY that could not leave, or was of no use, is tried
// again.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/task.h"
#include "server/core/context.h"

namespace herald::server {

/// One time for each subscription, in Subscription::retry. A pause between two NOTIFYs is such a
/// time, too. One per shard, on its thread.
class NotifyRetries {
public:
    using Id = SubscriptionTable::Id;

    /// `due` is called when its time has come.
    NotifyRetries(Context& context, base::Task<void(Id)> due)
        : timers_(context.loop.timers()),
          loop_(context.loop),
          due_(std::move(due)),
          timer_(timers_.add_owner([this](std::uint64_t user) {
              times_.erase(user);
              due_(unpack(user));
          })) {}

    /// Replaces the time that was set before.
    void arm(Id id, Subscription& record, base::Duration delay) {
        const auto when = loop_.now() + delay;
        times_[pack(id)] = when;
        set(id, record, when);
    }
    /// Likewise, for who lacks nothing but time.
    void arm_pause(Id id, Subscription& record, base::Instant end) {
        forget(id);
        set(id, record, end);
    }
    void cancel(Id id, Subscription& record) {
        forget(id);
        timers_.cancel(record.retry);
    }
    bool is_armed(const Subscription& record) const { return timers_.is_armed(record.retry); }
    /// The time that arm() set, while it is to come.
    std::optional<base::Instant> when(Id id) const {
        const auto found = times_.find(pack(id));
        return found == times_.end() ? std::nullopt : std::optional(found->second);
    }
    std::size_t size() const noexcept { return times_.size(); }

private:
    void set(Id id, Subscription& record, base::Instant when) {
        timers_.cancel(record.retry);
        record.retry = timers_.arm(timer_, pack(id), when);
    }
    void forget(Id id) {
        if (!times_.empty()) times_.erase(pack(id));
    }

    base::Timers& timers_;
    base::Loop& loop_;
    base::Task<void(Id)> due_;
    base::Timers::Owner timer_;
    /// By packed Id. Not of pauses: those are many, and end when their package says.
    std::unordered_map<std::uint64_t, base::Instant> times_;
};

}  // namespace herald::server
