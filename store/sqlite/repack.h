// store/sqlite/repack.h: packs the rows of an older file.
#pragma once

#include "base/result.h"
#include "store/sqlite/database.h"

namespace herald::store {

/// Before the first row is read, or numbered anew; does nothing where that was done. Faults: io,
/// malformed.
Status repack(Database& database);

}  // namespace herald::store
