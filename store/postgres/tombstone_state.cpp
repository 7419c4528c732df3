// store/postgres/tombstone_state.cpp: what a transaction has to know of the tombstones in the
// store.
#include "store/postgres/tombstone_state.h"

#include <chrono>

#include "store/postgres/pipeline.h"

namespace herald::store {
namespace {

constexpr const char* kLastMark =
    "SELECT greatest((SELECT max(sequence) FROM publication_marks),"
    " (SELECT max(sequence) FROM subscription_marks), 0)";

}  // namespace

Result<TombstoneState> read_tombstones(Session& session) {
    const auto last = session.number(kLastMark);
    if (!last) return last.fault();
    const auto sweep_at = session.number(next_sweep_sql());
    if (!sweep_at) return sweep_at.fault();
    return TombstoneState{.next = *last + 1,
                          .sweep_at = base::WallTime(std::chrono::milliseconds(*sweep_at))};
}

}  // namespace herald::store
