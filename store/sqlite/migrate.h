// store/sqlite/migrate.h: brings a database to the schema this program knows.
#pragma once

#include <span>

#include "base/embedded.h"
#include "base/result.h"
#include "base/time.h"
#include "store/sqlite/database.h"

namespace herald::store {

/// Applies those of `known` that are missing, each in a transaction of its own. `known` is sorted
/// by name. Faults: io; invalid_configuration where a newer program changed the store beyond what
/// this one understands.
Status migrate(Database& database, std::span<const base::EmbeddedFile> known, base::WallTime now);

}  // namespace herald::store
