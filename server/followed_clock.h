// server/followed_clock.h: what the wall clocks of a server's threads follow: the database's clock
// where the store has one, else the system's; and where they start (cl:T-1, T-2).
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/following_clock.h"
#include "base/metrics.h"
#include "store/database_time.h"

namespace herald::server {

class FollowedClock {
public:
    explicit FollowedClock(base::Metrics& metrics);

    /// What the database's clock shows, from the thread that asked it. The first time: where all
    /// clocks are to start. That is the database's, or the nodes' that were seen to live where the
    /// two are far apart; a warning is logged then, and where it is far from the system's.
    std::optional<base::ClockReading> on_database_clock(const store::DatabaseTime& time,
                                                        const base::ClockReading& system);

    /// Moves `clock`, of the calling thread, towards what is followed: slowly, which makes nothing
    /// last longer or shorter by more than a hundredth. Only the system's clock is followed in a
    /// step where it is far ahead, which is returned; zero: there was none.
    base::Duration follow(base::FollowingClock& clock, const base::ClockReading& system) const;

private:
    void note(const base::ClockReading& database, base::Duration ahead);
    bool is_of_database() const noexcept { return is_of_database_.load(std::memory_order_acquire); }

    base::Counter& ahead_;  ///< gauge
    std::atomic<bool> is_of_database_{false};
    std::atomic<std::int64_t> offset_{0}, within_{0};  ///< of the database's clock
};

}  // namespace herald::server
