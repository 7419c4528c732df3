// store/sqlite/renumber.h: gives the rows of an older store the numbers of today.
#pragma once

#include "base/result.h"
#include "store/sqlite/database.h"

namespace herald::store {

/// Once, before the first row is read; does nothing where that was done. So many rows at a time: a
/// start that is cut off leaves some numbered, and the next one goes on. Faults: io, malformed.
Status renumber(Database& database);

}  // namespace herald::store
