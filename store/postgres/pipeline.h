// store/postgres/pipeline.h: one transaction sent at once: a claim, then the statements of a batch.
//
// There is no BEGIN and no COMMIT: what stands before a Sync is one transaction, and after an error
// the server skips the rest of it and rolls back.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "store/postgres/node_row.h"
#include "store/postgres/row_batch.h"
#include "store/postgres/session.h"

namespace herald::store {

/// Sets the lane's row, where fence and sequence are the expected ones.
struct Claim {
    std::uint64_t fence = 0;
    std::uint64_t sequence = 0;  ///< of this transaction
    base::WallTime now{};
    std::uint64_t next_id = 0;
};

/// Tombstones to delete: those kept until `now`, at most `limit` of each kind; 0: none.
struct Sweep {
    base::WallTime now{};
    std::uint64_t limit = 0;
};

struct Executed {
    Trouble trouble = Trouble::none;  ///< none: committed
    std::string reason;
    std::array<std::vector<std::uint64_t>, kOperations> met;  ///< ids of can_refuse statements
    base::WallTime sweep_at{};  ///< when the next tombstone ends; only where there was a sweep
};

/// Ends waiting for an answer: a server that neither answers nor hangs up must not keep a process
/// from stopping.
struct Patience {
    std::atomic<bool> is_over{false};
};

/// When the first tombstone ends, in milliseconds; far ahead where there is none.
std::string next_sweep_sql();

/// The database's wall clock as a number of microseconds since 1970.
inline constexpr const char* kClock =
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

class Pipeline {
public:
    /// Prepares all statements. Faults: io.
    static Status prepare(Session& session);

    /// Sends everything and reads all answers.
    static Executed run(Session& session, const Claim& claim, RowBatch& batch, const Sweep& sweep,
                        const Patience& patience);

    /// Notes that the node lives, and what its clocks show. What kClock says, as below.
    static std::optional<base::Duration> beat(Session& session, const Member& member,
                                              const NodeTime& now, const Patience& patience);

    /// What kClock says; nothing where the connection is lost, which it may be from then on.
    static std::optional<base::Duration> ask_clock(Session& session, const Patience& patience);
};

}  // namespace herald::store
