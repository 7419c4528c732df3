// store/sqlite/sqlite_ledger.h: batches committed to one SQLite file, and what is done when that
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
#include "store/sqlite/open_file.h"
#include "store/sqlite/run.h"

namespace herald::store {

/// Commits in write-ahead mode with a sync for each commit.
///
/// A statement that fails is rolled back: nothing was applied. An error from COMMIT itself leaves
/// that open, until OpenFile has found it out.
class SqliteLedger final : public Ledger {
public:
    using Setup = OpenFile::Setup;
    static Result<std::unique_ptr<SqliteLedger>> open(const Setup& setup, base::Metrics& metrics,
                                                      const base::Clock& clock);

    const Home& home() const noexcept override { return run_.home; }
    Starts starts() const noexcept override { return run_.starts; }
    Status recover(RecoverySink& sink) override;
    Result<std::vector<Token>> tokens() override;
    std::vector<Outcome> commit(std::span<const Change* const> batch) override;
    Result<Message> message(std::uint64_t id) override;
    Result<CellRowsPtr> cell(Cell cell) override;
    bool is_writable() const noexcept override { return bool(writability_); }
    void tick() override;
    std::chrono::microseconds pace() const noexcept override;
    Status adopt(const Home& home) override;
    Status close() override;

private:
    SqliteLedger(const Setup& setup, base::Metrics& metrics, const base::Clock& clock);
    Status start();

    /// Commits the batch or leaves it undone; outcomes are set for committed only.
    bool write(std::span<const Change* const> batch, std::vector<Outcome>& outcomes);
    /// Whether it is in the file.
    bool try_to_write(std::span<const Change* const> batch, std::vector<Outcome>& outcomes);
    bool is_in_place();

    const base::Clock& clock_;
    LedgerCounters counters_;
    OpenFile file_;
    Writability writability_;
    Run run_;
    std::uint64_t sequence_ = 0;  ///< of the last transaction
    std::uint64_t next_id_ = 1;
    std::string last_fault_;
    base::WallTime last_commit_{};
    unsigned idle_ticks_ = 0;  ///< without a change
};

}  // namespace herald::store
