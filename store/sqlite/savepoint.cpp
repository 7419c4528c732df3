// store/sqlite/savepoint.cpp: several operations within a transaction, kept or undone as one.
#include "store/sqlite/savepoint.h"

namespace herald::store {

Status Savepoint::prepare(Database& database) {
    return database.prepare({{save_, "SAVEPOINT together"},
                             {undo_, "ROLLBACK TO together"},
                             {release_, "RELEASE together"}});
}

Applied Savepoint::end(Applied applied) {
    if (!applied) return std::nullopt;
    if (applied == Outcome::refused && undo_.run() != Step::done) return std::nullopt;
    if (release_.run() != Step::done) return std::nullopt;
    return applied;
}

}  // namespace herald::store
