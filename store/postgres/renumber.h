// store/postgres/renumber.h: gives the rows of an older store the numbers of today.
#pragma once

#include "base/result.h"
#include "store/postgres/session.h"

namespace herald::store {

/// Once, within a transaction, before the first row is read and while nobody else has the store;
/// does nothing where that was done. Faults: io, malformed.
Status renumber(Session& session);

}  // namespace herald::store
