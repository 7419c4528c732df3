// store/postgres/resolve.h: what the database itself says of changes whose outcome depends on a
// row.
#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <vector>

#include "base/result.h"
#include "store/postgres/session.h"
#include "store/records.h"

namespace herald::store {

/// Places of those ChangePublications whose conditions do not all hold. They are looked at before
/// the transaction, which is exact, for nobody else writes these rows. Faults: io.
Result<std::set<std::size_t>> refused_together(Session& session,
                                               std::span<const Change* const> batch);

/// What became of the changes of a transaction that is known to be committed, though its answers
/// were lost: each row tells by its tag or number of change. Faults: io.
Result<std::vector<Outcome>> outcomes_of(Session& session, std::span<const Change* const> batch);

}  // namespace herald::store
