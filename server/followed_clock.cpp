// server/followed_clock.cpp: what the wall clocks of a server's threads follow: the database's
// clock where the store has one, else the system's (cl:T-1, T-2).
#include "server/followed_clock.h"

#include "base/log.h"

namespace herald::server {

namespace {

/// Database and machine that are further apart at a start are worth a warning.
constexpr base::Duration kFarApart = std::chrono::seconds(2);
/// The system's clock is followed in a step where it is this far ahead; what is less is made up for
/// slowly.
constexpr base::Duration kStep = std::chrono::seconds(10);

}  // namespace

FollowedClock::FollowedClock(base::Metrics& metrics)
    : ahead_(metrics.gauge("herald_cluster_clock_offset_seconds",
                           "How far the database's clock is ahead of this machine's")) {}

bool FollowedClock::on_database_clock(const base::ClockReading& database,
                                      const base::ClockReading& system) {
    const base::Duration ahead = database.offset - system.offset;
    ahead_.set(static_cast<std::uint64_t>(std::chrono::round<std::chrono::seconds>(ahead).count()));
    offset_ = database.offset.count();
    within_ = database.within.count();
    if (is_of_database_.exchange(true)) return false;
    if (std::chrono::abs(ahead) - database.within > kFarApart) {
        base::log_warning("store.clock_differs",
                          {{"database_ahead_ms",
                            std::chrono::duration_cast<std::chrono::milliseconds>(ahead).count()},
                           {"then", "the database's counts; have both kept in time"}});
    }
    return true;
}

base::Duration FollowedClock::follow(base::FollowingClock& clock,
                                     const base::ClockReading& system) const {
    if (is_of_database()) {
        (void)clock.follow({.offset = base::Duration(offset_), .within = base::Duration(within_)});
        return base::Duration::zero();
    }
    const auto ahead = clock.follow(system);
    if (ahead < kStep) return base::Duration::zero();
    clock.start_no_earlier(clock.wall() + std::chrono::ceil<std::chrono::milliseconds>(ahead));
    return ahead;
}

}  // namespace herald::server
