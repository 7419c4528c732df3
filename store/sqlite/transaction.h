// store/sqlite/transaction.h: work that is kept only where all of it succeeds.
#pragma once

#include "store/sqlite/database.h"

namespace herald::store {

/// `work` in a transaction of its own. Faults: io, and those of `work`.
template <class Work>
auto in_transaction(Database& database, Work work) -> decltype(work()) {
    if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun.fault();
    auto done = work();
    if (done) {
        if (auto ended = database.execute("COMMIT"); !ended) done = ended.fault();
    }
    if (!done && database.in_transaction()) (void)database.execute("ROLLBACK");
    return done;
}

}  // namespace herald::store
