// server/followed_clock.h: what the wall clocks of a server's threads follow: the database's clock
// where the store has one, else the system's (cl:T-1, T-2).
#pragma once

#include <atomic>
#include <cstdint>

#include "base/following_clock.h"
#include "base/metrics.h"

namespace herald::server {

class FollowedClock {
public:
    explicit FollowedClock(base::Metrics& metrics);

    /// What the database's clock shows, from the thread that asked it. The first time a warning is
    /// logged where it is far from the system's; true: all clocks are to start at it.
    bool on_database_clock(const base::ClockReading& database, const base::ClockReading& system);

    /// Moves `clock`, of the calling thread, towards what is followed: slowly, which makes nothing
    /// last longer or shorter by more than a hundredth. Only the system's clock is followed in a
    /// step where it is far ahead, which is returned; zero: there was none.
    base::Duration follow(base::FollowingClock& clock, const base::ClockReading& system) const;

private:
    bool is_of_database() const noexcept { return is_of_database_.load(std::memory_order_acquire); }

    base::Counter& ahead_;  ///< gauge
    std::atomic<bool> is_of_database_{false};
    std::atomic<std::int64_t> offset_{0}, within_{0};  ///< of the database's clock
};

}  // namespace herald::server
