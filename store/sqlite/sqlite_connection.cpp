// store/sqlite/sqlite_connection.cpp: an open file with all that a transaction takes.
#include "store/sqlite/sqlite_connection.h"

#include <cstddef>
#include <utility>

namespace herald::store {

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::prepare(Database database,
                                                                    const Home& home) {
    std::unique_ptr<SqliteConnection> made(new SqliteConnection(std::move(database), home));
    if (auto done = made->writer_.prepare(made->database_); !done) return done.fault();
    auto done = made->database_.prepare({{made->begin_, "BEGIN IMMEDIATE"},
                                         {made->commit_, "COMMIT"},
                                         {made->rollback_, "ROLLBACK"}});
    if (!done) return done.fault();
    return made;
}

SqliteConnection::Written SqliteConnection::write(const Transaction& transaction,
                                                  const base::Clock& clock,
                                                  std::vector<Outcome>& outcomes) {
    if (!write_all(transaction, clock, outcomes)) return roll_back();
    if (commit_.run() == Step::done) return Written::committed;
    reason_ = database_.fault().detail;
    return Written::unknown;
}

/// All of it up to COMMIT. False: a statement failed.
bool SqliteConnection::write_all(const Transaction& transaction, const base::Clock& clock,
                                 std::vector<Outcome>& outcomes) {
    if (begin_.run() != Step::done) return false;
    for (std::size_t i = 0; i < transaction.batch.size(); ++i) {
        const auto outcome = writer_.apply(*transaction.batch[i]);
        if (!outcome) return false;
        outcomes[i] = *outcome;
    }
    const base::WallTime now = clock.wall();
    if (is_sweep_due(now) && !writer_.tombstones().sweep(now)) return false;
    return writer_.note(
        {.sequence = transaction.sequence, .alive_at = now, .next_id = transaction.next_id});
}

SqliteConnection::Written SqliteConnection::roll_back() {
    reason_ = database_.fault().detail;
    if (database_.in_transaction()) rollback_.run();
    return Written::rolled_back;
}

}  // namespace herald::store
