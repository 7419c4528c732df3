// server/core/subscription_loads.h: what the subscriptions of a shard add to the loads of watchers,
// resources and sources.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/metrics.h"
#include "base/slab.h"
#include "server/core/loads.h"
#include "server/core/subscription.h"

namespace herald::server {

/// One per shard, on its thread. Of a watcher, a pair or a source it has upper estimates.
class SubscriptionLoads {
public:
    /// Counts into `loads` as shard `shard`; null: into loads of its own.
    SubscriptionLoads(base::Metrics& metrics, Loads* loads, std::size_t shard);

    /// What one subscription adds, and to which names.
    struct Share {
        std::uint64_t watcher, pair, source;  ///< hashes
        int units;                            ///< of Loads::kWeight
    };
    Share share_of(const Subscription& record) const;

    void add(const Share& share) { count(share, 1); }
    void subtract(const Subscription& record) { count(share_of(record), -1); }
    /// Before one is added to `kept`, all of which were: estimates stay good however many they are.
    void make_room(const base::Slab<Subscription>& kept);
    /// Before the first of so many is added.
    void reserve(std::size_t expected);
    /// Hints that `share` will be added soon.
    void prefetch(const Share& share) const noexcept;

    /// Names a watcher: keyed, for all shards the same.
    std::uint64_t hash(std::string_view watcher) const { return loads_.hash(watcher); }
    /// For Subscription::source.
    std::uint32_t source_of(const sip::Endpoint& peer) const { return loads_.source_of(peer); }
    /// Live subscriptions of one watcher, at all shards and on one resource.
    std::uint32_t of_watcher(std::string_view watcher) const;
    std::uint32_t of_pair(std::string_view watcher, std::uint32_t resource) const;
    /// ... and of all that were asked for from one address (IPv6: one /64), in all shards, wherever
    /// their NOTIFYs go by now: nobody can fill up the share of another.
    std::uint32_t of_source(const sip::Endpoint& peer) const;
    /// Bytes of what was asked for from one address, and of everything; at all shards, about.
    std::uint64_t weight_of_source(const sip::Endpoint& peer) const;
    std::uint64_t weight() const noexcept { return loads_.weight(); }

private:
    /// Subscriptions for each cell of the sketches of sources: their limits are so high that a few
    /// of others' do not matter.
    static constexpr std::size_t kPerCell = 4;

    void count(const Share& share, int step);
    bool has_room_for_watchers(std::size_t count) const noexcept {
        return count <= counted_.watchers.width();
    }
    bool has_room_for_sources(std::size_t count) const noexcept {
        return count <= counted_.sources.width() * kPerCell;
    }
    void widen_watchers(const base::Slab<Subscription>& kept);
    void widen_sources(const base::Slab<Subscription>& kept);

    std::unique_ptr<Loads> own_;
    Loads& loads_;
    const std::size_t shard_;
    Loads::Shard& counted_;
    Sketch pairs_;
    base::Counter& bytes_;
};

}  // namespace herald::server
