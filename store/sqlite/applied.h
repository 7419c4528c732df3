// store/sqlite/applied.h: what became of a change whose statement was run.
#pragma once

#include "store/meaning.h"
#include "store/sqlite/database.h"

namespace herald::store {

/// For statements that need not meet a row.
inline Applied apply(Statement& statement) {
    const Step step = statement.run();
    if (step == Step::failed) return std::nullopt;
    return step == Step::refused ? Outcome::refused : Outcome::committed;
}

/// Refused where no row was met.
inline Applied apply_to_row(Statement& statement) {
    const Applied applied = apply(statement);
    if (applied == Outcome::committed && statement.changed() == 0) return Outcome::refused;
    return applied;
}

}  // namespace herald::store
