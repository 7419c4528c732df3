// store/postgres/postgres_ledger.h: batches committed to PostgreSQL, and what is done when that
// fails.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/following_clock.h"
#include "base/metrics.h"
#include "base/time.h"
#include "store/ledger.h"
#include "store/ledger_counters.h"
#include "store/postgres/address.h"
#include "store/postgres/pipeline.h"
#include "store/postgres/session.h"
#include "store/postgres/tenure.h"

namespace herald::store {

/// Commits each batch in one pipeline whose first statement claims the lane's row.
///
/// Where the connection is lost before the answers came, a new session asks for the number of the
/// last transaction: it was committed, or the same batch goes out again. Until that is known nobody
/// is told anything.
class PostgresLedger final : public Ledger {
public:
    /// Of the database's clock, as OnDatabaseClock (store/open.h).
    using OnClock = std::function<void(const base::ClockReading&)>;

    static Result<std::unique_ptr<PostgresLedger>> open(PostgresAddress address,
                                                        base::Metrics& metrics,
                                                        const base::Clock& clock,
                                                        OnClock on_clock = {});

    const Home& home() const noexcept override { return tenure_.home; }
    Starts starts() const noexcept override { return tenure_.starts; }
    Status recover(RecoverySink& sink) override;
    Result<std::vector<Token>> tokens() override;
    std::vector<Outcome> commit(std::span<const Change* const> batch) override;
    Result<Message> message(std::uint64_t id) override;
    Result<CellRowsPtr> cell(Cell cell) override;
    bool is_writable() const noexcept override { return bool(writability_); }
    void tick() override;
    std::chrono::microseconds pace() const noexcept override;
    void give_up() noexcept override { patience_.is_over = true; }
    Status adopt(const Home& home) override { return adopt_home(*session_, home); }
    Status close() override;

private:
    using Batch = std::span<const Change* const>;
    using Outcomes = std::span<Outcome>;

    PostgresLedger(PostgresAddress address, base::Metrics& metrics, const base::Clock& clock,
                   OnClock on_clock);
    Status start();
    Status start_clock(Session& session);
    void look_at_clock();
    Result<Session> connect();
    /// A new session in place of a lost one. Faults: conflict (fenced), io.
    Result<LaneState> reconnect();

    /// Commits or refuses all of `batch`, which names no row twice. False: the rest is not to be
    /// tried either.
    bool commit_part(Batch batch, Outcomes outcomes);
    Executed attempt(Batch batch, std::vector<Outcome>& outcomes);
    bool fill(RowBatch& rows, Batch batch, std::vector<Outcome>& outcomes);
    /// After the connection was lost: what became of the transaction. Unknown only where the
    /// process stops or another one has the store.
    enum class Found : std::uint8_t { committed, not_committed, unknown };
    Found find_out(Batch batch, std::vector<Outcome>& outcomes, const std::string& reason);
    Result<Found> look(Batch batch, std::vector<Outcome>& outcomes);
    /// A batch with a row that cannot be stored: all but that.
    bool divide(Batch batch, Outcomes outcomes, const std::string& reason);
    void note_commit();
    bool stop_writing(const std::string& reason);
    bool is_sweep_due(base::WallTime now) const noexcept { return now >= sweep_at_; }

    const PostgresAddress address_;
    const base::Clock& clock_;
    const OnClock on_clock_;  ///< may be empty
    LedgerCounters counters_;
    base::Counter& reconnects_;
    base::Counter& fenced_;
    Writability writability_;
    Patience patience_;
    std::optional<Session> session_;  ///< none after a failure until there is a new one
    Tenure tenure_;
    std::uint64_t next_id_ = 1;
    std::uint64_t next_mark_ = 1;
    base::WallTime sweep_at_{};  ///< when some tombstone may be past its time
    /// Of the transaction under way: what holds once it is committed.
    std::uint64_t next_mark_then_ = 1;
    base::WallTime sweep_at_then_{};
    base::WallTime last_commit_{};
    std::string last_fault_;
    bool is_fenced_ = false;
};

}  // namespace herald::store
