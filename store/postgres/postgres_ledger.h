// store/postgres/postgres_ledger.h: batches committed to PostgreSQL, and what is done when that
// fails.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/time.h"
#include "store/ledger.h"
#include "store/ledger_counters.h"
#include "store/postgres/address.h"
#include "store/postgres/database_clock.h"
#include "store/postgres/held_store.h"
#include "store/postgres/tombstone_state.h"

namespace herald::store {

/// Commits each batch as one PostgresTransaction, in parts where it names a row twice or has one
/// that cannot be stored. Until it is known what became of it nobody is told anything.
class PostgresLedger final : public Ledger {
public:
    using OnClock = DatabaseClock::Listener;
    static Result<std::unique_ptr<PostgresLedger>> open(PostgresAddress address,
                                                        base::Metrics& metrics,
                                                        const base::Clock& clock,
                                                        OnClock on_clock = {}, NodeSetup node = {});

    const Home& home() const noexcept override { return store_.tenure().home; }
    Node node() const noexcept override { return store_.tenure().node; }
    Starts starts() const noexcept override { return store_.tenure().starts; }
    Status recover(RecoverySink& sink) override;
    Result<std::vector<Token>> tokens() override;
    std::vector<Outcome> commit(std::span<const Change* const> batch) override;
    Result<Message> message(std::uint64_t id) override;
    Result<CellRowsPtr> cell(Cell cell) override;
    bool is_writable() const noexcept override { return bool(writability_); }
    void tick() override;
    std::chrono::microseconds pace() const noexcept override;
    void give_up() noexcept override { store_.patience().is_over = true; }
    Status adopt(const Home& home) override { return adopt_home(store_.session(), home); }
    Status close() override;

private:
    using Batch = std::span<const Change* const>;
    using Outcomes = std::span<Outcome>;

    PostgresLedger(PostgresAddress address, base::Metrics& metrics, const base::Clock& clock,
                   OnClock on_clock, NodeSetup node);
    Status start();
    /// The store is this process's, and `clock_` shows the time.
    Status lock(Session& session);

    /// Commits or refuses all of `batch`, which names no row twice. False: the rest is not to be
    /// tried either.
    bool commit_part(Batch batch, Outcomes outcomes);
    /// A batch with a row that cannot be stored: all but that.
    bool divide(Batch batch, Outcomes outcomes);
    bool stop_writing();

    const base::Clock& clock_;
    const DatabaseClock database_clock_;
    const NodeSetup setup_;
    LedgerCounters counters_;
    HeldStore store_;
    Writability writability_;
    std::uint64_t next_id_ = 1;
    TombstoneState tombstones_;
    base::WallTime last_commit_{};
    std::string last_fault_;
};

}  // namespace herald::store
