// store/database_time.h: what the time is, as a store's database and the nodes that use it say.
#pragma once

#include <optional>

#include "base/following_clock.h"

namespace herald::store {

/// All seen from the clock the store was opened with.
struct DatabaseTime {
    base::ClockReading database;
    /// At a start, where nodes were seen to live: the median of their clocks (cl:T-2).
    std::optional<base::ClockReading> nodes;
};

}  // namespace herald::store
