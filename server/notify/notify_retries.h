// server/notify/notify_retries.h: when a NOTIFY that could not leave, was of no use, or would
// follow another one too soon, is tried again.
#pragma once

#include <chrono>
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
        : context_(context),
          timers_(context.loop.timers()),
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
    /// When the pause after the last NOTIFY is over: the operator's, else the package's.
    base::Instant pause_end(const Subscription& record) const {
        const auto& profile = context_.resources[record.resource].package->profile();
        for (const auto& each : context_.config.notify_intervals) {
            if (each.event == profile.event)
                return record.last_notify + std::chrono::seconds(each.seconds);
        }
        return record.last_notify + profile.min_notify_interval;
    }
    /// As arm(), for who lacks nothing but time.
    void arm_pause(Id id, Subscription& record) {
        forget(id);
        set(id, record, pause_end(record));
    }
    void cancel(Id id, Subscription& record) {
        forget(id);
        timers_.cancel(record.retry);
    }
    bool is_armed(const Subscription& record) const { return timers_.is_armed(record.retry); }
    /// When a NOTIFY is to go to a watcher whom something keeps it from now: a failure, or a pause.
    std::optional<base::Instant> when(Id id, const Subscription& record) const {
        if (!is_armed(record)) return std::nullopt;
        const auto found = times_.find(pack(id));
        return found == times_.end() ? pause_end(record) : found->second;
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

    const Context& context_;
    base::Timers& timers_;
    base::Loop& loop_;
    base::Task<void(Id)> due_;
    base::Timers::Owner timer_;
    /// By packed Id. Not of pauses: those are many, and end when their package says.
    std::unordered_map<std::uint64_t, base::Instant> times_;
};

}  // namespace herald::server
