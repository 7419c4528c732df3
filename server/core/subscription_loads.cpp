// server/core/subscription_loads.cpp: what the subscriptions of a shard add to the loads of
// watchers, resources and sources.
#include "server/core/subscription_loads.h"

namespace herald::server {

namespace {

/// What tables and timers need of a subscription, beside its record and its texts.
constexpr std::size_t kBytesAround = 256;

int units_of(const Subscription& record) {
    const auto bytes = sizeof record + record.text.size() + kBytesAround;
    return static_cast<int>((bytes + Loads::kWeight - 1) / Loads::kWeight);
}

constexpr std::uint64_t pair_hash(std::uint64_t watcher, std::uint32_t resource) noexcept {
    return (watcher ^ resource) * 0x9e3779b97f4a7c15ULL;
}

}  // namespace

SubscriptionLoads::SubscriptionLoads(base::Metrics& metrics, Loads* loads, std::size_t shard)
    : own_(loads ? nullptr : std::make_unique<Loads>(1)),
      loads_(loads ? *loads : *own_),
      shard_(shard),
      counted_(loads_.of(shard)),
      bytes_(metrics.gauge("herald_subscription_bytes", "Bytes of subscriptions, about")) {}

SubscriptionLoads::Share SubscriptionLoads::share_of(const Subscription& record) const {
    const auto watcher = hash(record.get(PackedText::Part::watcher));
    return {watcher, pair_hash(watcher, record.resource), Loads::hash(record.source),
            units_of(record)};
}

void SubscriptionLoads::count(const Share& share, int step) {
    const auto units = step * share.units;
    counted_.watchers.add(share.watcher, step);
    counted_.sources.add(share.source, step);
    counted_.weights.add(share.source, units);
    pairs_.add(share.pair, step);
    loads_.weigh(shard_, units);
    bytes_.add(static_cast<std::uint64_t>(units) * Loads::kWeight);
}

void SubscriptionLoads::prefetch(const Share& share) const noexcept {
    counted_.watchers.prefetch(share.watcher);
    counted_.sources.prefetch(share.source);
    counted_.weights.prefetch(share.source);
    pairs_.prefetch(share.pair);
}

void SubscriptionLoads::make_room(const base::Slab<Subscription>& kept) {
    if (!has_room_for_watchers(kept.size() + 1)) widen_watchers(kept);
    if (!has_room_for_sources(kept.size() + 1)) widen_sources(kept);
}

void SubscriptionLoads::reserve(std::size_t expected) {
    const base::Slab<Subscription> none;
    while (!has_room_for_watchers(expected)) widen_watchers(none);
    while (!has_room_for_sources(expected)) widen_sources(none);
}

void SubscriptionLoads::widen_watchers(const base::Slab<Subscription>& kept) {
    counted_.watchers.widen();
    pairs_.widen();
    kept.for_each([this](std::uint32_t, const Subscription& record) {
        const auto watcher = hash(record.get(PackedText::Part::watcher));
        counted_.watchers.settle(watcher, 1);
        pairs_.settle(pair_hash(watcher, record.resource), 1);
    });
}

void SubscriptionLoads::widen_sources(const base::Slab<Subscription>& kept) {
    counted_.sources.widen();
    counted_.weights.widen();
    kept.for_each([this](std::uint32_t, const Subscription& record) {
        const auto source = Loads::hash(record.source);
        counted_.sources.settle(source, 1);
        counted_.weights.settle(source, units_of(record));
    });
}

std::uint32_t SubscriptionLoads::of_watcher(std::string_view watcher) const {
    return loads_.of_watcher(loads_.hash(watcher));
}

std::uint32_t SubscriptionLoads::of_pair(std::string_view watcher, std::uint32_t resource) const {
    return pairs_.estimate(pair_hash(loads_.hash(watcher), resource));
}

std::uint32_t SubscriptionLoads::of_source(const sip::Endpoint& peer) const {
    return loads_.of_source(loads_.source_of(peer));
}

std::uint64_t SubscriptionLoads::weight_of_source(const sip::Endpoint& peer) const {
    return loads_.weight_of_source(loads_.source_of(peer));
}

}  // namespace herald::server
