// server/core/package_counters.h: what is counted for each event package, by its name: as many
// series as packages are configured, and no stranger makes one more.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/metrics.h"
#include "packages/package.h"
#include "server/core/subscription.h"

namespace herald::server {

/// What a PUBLISH did that was granted.
enum class PublishDone : std::uint8_t { created, refreshed, modified, removed, nothing, repeated };
inline constexpr std::size_t kPublishDone = 6;

/// What a SUBSCRIBE did that changed something.
enum class SubscribeDone : std::uint8_t { created, fetched, replaced, refreshed };
inline constexpr std::size_t kSubscribeDone = 4;

/// Of one shard; written on its thread.
class PackageCounters {
public:
    PackageCounters(base::Metrics& metrics, const packages::Package& package);

    base::Counter& of(Standing standing) const noexcept { return at(subscriptions_, standing); }
    base::Counter& of(PublishDone done) const noexcept { return at(published_, done); }
    base::Counter& of(SubscribeDone done) const noexcept { return at(subscribed_, done); }

    base::Counter& resources;     ///< gauge
    base::Counter& publications;  ///< gauge
    base::Counter& publications_expired;
    base::Counter& subscriptions_expired;
    base::Counter& documents_composed;
    base::Counter& notifies_sent;
    base::Counter& notifies_delivered;

private:
    template <class Counters, class Index>
    static base::Counter& at(const Counters& counters, Index index) noexcept {
        return *counters[static_cast<std::size_t>(index)];
    }

    std::array<base::Counter*, kStandings> subscriptions_{};
    std::array<base::Counter*, kPublishDone> published_{};
    std::array<base::Counter*, kSubscribeDone> subscribed_{};
};

}  // namespace herald::server
