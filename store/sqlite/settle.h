// store/sqlite/settle.h: makes what can be read of a write-ahead log what is on the disk.
#pragma once

#include "base/result.h"
#include "store/sqlite/database.h"

namespace herald::store {

/// Writes the log of `place` back over itself and syncs it. To be called while no connection is
/// open.
///
/// After a failed fsync the kernel counts the pages it could not write as clean: they are read back
/// as if they were stored, and the next fsync says nothing. A log read in that state may vanish
/// with the power, and whatever was appended to it vanishes too. Writing the same bytes makes the
/// pages dirty again, so that this sync tells the truth. Faults: io, the log cannot be trusted.
Status settle_log(const Database::Place& place);

}  // namespace herald::store
