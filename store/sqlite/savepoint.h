// store/sqlite/savepoint.h: several operations within a transaction, kept or undone as one.
#pragma once

#include "store/meaning.h"
#include "store/sqlite/database.h"

namespace herald::store {

class Savepoint {
public:
    /// Faults: io.
    Status prepare(Database& database);

    /// Keeps what `work` makes where that is committed; undoes it where it is refused.
    template <class Work>
    Applied together(Work work) {
        if (save_.run() != Step::done) return std::nullopt;
        return end(work());
    }

private:
    Applied end(Applied applied);

    Statement save_;
    Statement undo_;
    Statement release_;
};

}  // namespace herald::store
