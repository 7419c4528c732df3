// store/postgres/postgres_transaction.h: changes that are committed as one, tried until it is known
// what became of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "store/ledger_counters.h"
#include "store/postgres/held_store.h"
#include "store/postgres/pipeline.h"
#include "store/postgres/tombstone_state.h"

namespace herald::store {

/// One pipeline whose first statement claims the lane's row.
///
/// Where the connection is lost before the answers came, a new session asks for the number of the
/// last transaction: it was committed, or the same batch goes out again.
class PostgresTransaction {
public:
    struct Content {
        std::span<const Change* const> batch;  ///< names no row twice
        std::uint64_t next_id = 1;
        TombstoneState tombstones;
    };
    PostgresTransaction(HeldStore& store, const base::Clock& clock, Writability& writability,
                        const Content& content)
        : store_(store),
          clock_(clock),
          writability_(writability),
          content_(content),
          then_(content.tombstones) {}

    /// none: committed. lost: unknown, which is only where the process stops or another one has the
    /// store. All else: nothing was applied.
    Trouble carry_out();

    /// Of one that was committed.
    const std::vector<Outcome>& outcomes() const noexcept { return outcomes_; }
    const TombstoneState& tombstones() const noexcept { return then_; }
    /// What went wrong last.
    const std::string& reason() const noexcept { return reason_; }

private:
    enum class Found : std::uint8_t { committed, not_committed, unknown };

    Executed attempt();
    bool fill(RowBatch& rows);
    Found find_out();
    Result<Found> look();

    HeldStore& store_;
    const base::Clock& clock_;
    Writability& writability_;
    const Content content_;
    std::vector<Outcome> outcomes_;
    TombstoneState then_;
    std::string reason_;
};

}  // namespace herald::store
