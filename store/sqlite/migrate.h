// store/sqlite/migrate.h: brings a database to the schema this program knows.
#pragma once

#include <span>

#include "base/embedded.h"
#include "base/result.h"
#include "base/time.h"
#include "store/sqlite/database.h"

namespace herald::store {

/// The migrations built into the program, by number.
std::span<const base::EmbeddedFile> migrations();

/// Applies those of `known` that are missing, each in a transaction of its own. `known` is sorted
/// by name; a name is NNNN_what.sql, and a line "-- min_reader: N" says which number a program must
/// know to use the result. Faults: io; invalid_configuration where a newer program changed the
/// store beyond what this one understands.
Status migrate(Database& database, std::span<const base::EmbeddedFile> known, base::WallTime now);

}  // namespace herald::store
