// store/postgres/tombstone_state.h: what a transaction has to know of the tombstones in the store.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "store/postgres/session.h"

namespace herald::store {

struct TombstoneState {
    std::uint64_t next = 1;     ///< the number of the next one
    base::WallTime sweep_at{};  ///< when some may be past its time

    bool is_sweep_due(base::WallTime now) const noexcept { return now >= sweep_at; }
};

/// Faults: io.
Result<TombstoneState> read_tombstones(Session& session);

}  // namespace herald::store
