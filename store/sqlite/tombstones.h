// store/sqlite/tombstones.h: what is left of publications and subscriptions for a while, so that
// the request that ended them is recognised when it comes again.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "store/meaning.h"
#include "store/sqlite/database.h"

namespace herald::store {

/// Those of both kinds, numbered together.
class Tombstones {
public:
    /// Faults: io.
    Status prepare(Database& database);

    /// Leaves one of a row that is still there. Refused where there is none, or it has another tag
    /// than the expected one.
    Applied leave(const RemovePublication& change);
    Applied leave(const RemoveSubscription& change);

    /// True where some may be past their time.
    bool is_sweep_due(base::WallTime now) const noexcept { return now >= sweep_at_; }
    /// Deletes those past their time among the oldest. Returns false if that failed.
    bool sweep(base::WallTime now);

private:
    Applied leave(Statement& mark, base::WallTime keep_until);

    std::uint64_t next_ = 1;     ///< number
    std::uint64_t written_ = 0;  ///< since the last sweep
    base::WallTime sweep_at_{};  ///< never where there is none

    Statement mark_publication_;
    Statement mark_subscription_;
    Statement sweep_publications_;
    Statement sweep_subscriptions_;
    Statement next_sweep_;
};

}  // namespace herald::store
