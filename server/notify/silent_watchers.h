// server/notify/silent_watchers.h: watchers that did not answer or cannot be reached, by the peer
// their NOTIFYs go to; whoever hears of that peer tries them again.
//
//   well --- no answer ---> suspect      heard of its peer, or on its schedule: tried again
//   well --- no way ------> flow_lost    heard of its peer: well, and tried again
//   both: where one of the watcher's devices registered: the way there is tried first
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/listeners.h"
#include "server/core/context.h"

namespace herald::server {

/// One per shard, on its thread; the one place that changes Subscription::liveness.
class SilentWatchers {
public:
    using Id = SubscriptionTable::Id;

    explicit SilentWatchers(Context& context);
    ~SilentWatchers();

    /// Adds a listener: called for a silent subscription whose peer was heard of. May end it.
    void on_heard(base::Task<void(Id)> listener) { heard_of_.add(std::move(listener)); }
    /// Likewise for one whose user registered a device.
    void on_returned(base::Task<void(Id)> listener) { returned_.add(std::move(listener)); }

    /// Adds a listener: called for a subscription that became suspect, or lost its flow.
    void on_silent(base::Task<void(const Subscription&)> listener) {
        became_silent_.add(std::move(listener));
    }

    void add(Id id, Subscription& record, Liveness liveness);
    /// It answered, or was heard of itself, or ends.
    void take_out(Id id, Subscription& record);
    /// Another way to the watcher; whoever is silent is remembered under it.
    void move(Id id, Subscription& record, const sip::Flow& flow);

    /// Something was heard from this peer: its watchers are tried again, after this turn and in
    /// slices.
    void on_sign_of_life(const sip::Flow& flow);
    /// A device of this user registered.
    void on_registered(std::string_view aor);
    /// For any thread; may be a moment old.
    bool has_any() const noexcept { return count_.load(std::memory_order_relaxed) > 0; }

private:
    using Ids = std::unordered_set<std::uint64_t>;  ///< packed

    void insert(Id id, const Subscription& record);
    void remove(Id id, const Subscription& record);
    std::uint64_t user_key(std::string_view aor) const;
    void try_later(std::uint64_t peer);
    void try_some(std::uint64_t peer);

    Context& context_;
    base::Listeners<Id> heard_of_;
    base::Listeners<Id> returned_;
    base::Listeners<const Subscription&> became_silent_;
    base::Counter& suspects_;
    base::Counter& flows_lost_;
    std::unordered_map<std::uint64_t, Ids> silent_;   ///< by peer
    std::unordered_map<std::uint64_t, Ids> by_user_;  ///< the same
    std::atomic<std::size_t> count_{0};
    /// Of those whose peer was heard of, the ones still to be tried.
    std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> rounds_;
    std::shared_ptr<SilentWatchers*> self_;  ///< for what was posted
};

}  // namespace herald::server
