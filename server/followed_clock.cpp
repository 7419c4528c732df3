// server/followed_clock.cpp: what the wall clocks of a server's threads follow: the database's
// clock where the store has one, else the system's; and where they start (cl:T-1, T-2).
#include "server/followed_clock.h"

#include <string_view>

#include "base/log.h"

namespace herald::server {

namespace {

/// Clocks that are further apart at a start are worth a warning.
constexpr base::Duration kFarApart = std::chrono::seconds(2);
/// The system's clock is followed in a step where it is this far ahead; what is less is made up for
/// slowly.
constexpr base::Duration kStep = std::chrono::seconds(10);

bool is_far(base::Duration ahead, const base::ClockReading& database) {
    return std::chrono::abs(ahead) - database.within > kFarApart;
}

void warn_of(base::Duration ahead, std::string_view what_counts) {
    base::log_warning("store.clock_differs",
                      {{"database_ahead_ms",
                        std::chrono::duration_cast<std::chrono::milliseconds>(ahead).count()},
                       {"then", what_counts}});
}

}  // namespace

FollowedClock::FollowedClock(base::Metrics& metrics)
    : ahead_(metrics.gauge("herald_cluster_clock_offset_seconds",
                           "How far the database's clock is ahead of this machine's")) {}

void FollowedClock::note(const base::ClockReading& database, base::Duration ahead) {
    ahead_.set(static_cast<std::uint64_t>(std::chrono::round<std::chrono::seconds>(ahead).count()));
    offset_ = database.offset.count();
    within_ = database.within.count();
}

std::optional<base::ClockReading> FollowedClock::on_database_clock(
    const store::DatabaseTime& time, const base::ClockReading& system) {
    const auto& database = time.database;
    const base::Duration ahead = database.offset - system.offset;
    note(database, ahead);
    if (is_of_database_.exchange(true)) return std::nullopt;
    if (time.nodes && is_far(database.offset - time.nodes->offset, database)) {
        warn_of(
            database.offset - time.nodes->offset,
            "the nodes' counts, by which everything was granted; have the database's put right");
        return time.nodes;
    }
    if (is_far(ahead, database)) warn_of(ahead, "the database's counts; have both kept in time");
    return database;
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
