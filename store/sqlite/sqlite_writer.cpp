// store/sqlite/sqlite_writer.cpp: changes made in the tables of a file, with all statements
// prepared.
#include "store/sqlite/sqlite_writer.h"

namespace herald::store {
namespace {

constexpr const char* kNoteLane =
    "UPDATE lanes SET sequence = ?1, alive_at = ?2, next_id = ?3 WHERE id = 1";

/// Ends with the first that cannot be prepared.
template <class... Part>
Status prepare_each(Database& database, Part&... part) {
    Status done;
    (void)((done = part.prepare(database)).has_value() && ...);
    return done;
}

}  // namespace

Status SqliteWriter::prepare(Database& database) {
    auto done =
        prepare_each(database, rows_.savepoint, rows_.tombstones, rows_.publications,
                     rows_.subscriptions, rows_.confirmations, rows_.messages, rows_.accounts,
                     rows_.aliases, rows_.policies, rows_.audit, rows_.tokens, rows_.cells);
    return done ? database.prepare({{note_, kNoteLane}}) : done;
}

bool SqliteWriter::note(const LaneRow& row) {
    return note_.bind(row.sequence, row.alive_at, row.next_id).run() == Step::done;
}

}  // namespace herald::store
