// store/sqlite/run.h: the facts of a store, and the start and end of each run of the process that
// uses it.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "store/sqlite/database.h"
#include "store/starts.h"
#include "store/store.h"

namespace herald::store {

struct Run {
    Home home;
    Starts starts;
};

/// Makes the keys if there are none, raises the epoch, notes the start and marks the run as not
/// cleanly ended, in one commit. Faults: io, malformed.
Result<Run> start_run(Database& database, base::WallTime now);

/// Writes what another store said of itself in place of what this one says. Faults: io.
Status adopt_home(Database& database, const Home& home);

/// Marks the run as cleanly ended. Faults: io.
Status end_run(Database& database, base::WallTime now);

/// The number of the last transaction that was committed. Faults: io.
Result<std::uint64_t> last_sequence(Database& database);

}  // namespace herald::store
