// store/postgres/repack.h: packs the rows of an older database.
#pragma once

#include "base/result.h"
#include "store/postgres/session.h"

namespace herald::store {

/// Within a transaction, before the first row is read, or numbered anew, and while nobody else has
/// the store; does nothing where that was done. Faults: io, malformed.
Status repack(Session& session);

}  // namespace herald::store
