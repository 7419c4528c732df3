// store/sqlite/sqlite_ledger.h: batches committed to one SQLite file, and what is done when that
// fails.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/metrics.h"
#include "base/time.h"
#include "store/ledger.h"
#include "store/ledger_counters.h"
#include "store/sqlite/checkpointer.h"
#include "store/sqlite/database.h"
#include "store/sqlite/log_buffer.h"
#include "store/sqlite/sqlite_file.h"
#include "store/sqlite/sqlite_writer.h"
#include "store/store.h"

namespace herald::store {

/// Commits in write-ahead mode with a sync for each commit.
///
/// A statement that fails is rolled back: nothing was applied. An error from COMMIT itself leaves
/// that open, so the file is closed, its log settled (settle_log), opened again and asked for the
/// number of its last transaction. If even that fails, nobody may be told anything: the process
/// ends and the next start reads what is there.
class SqliteLedger final : public Ledger {
public:
    struct Setup {
        Database::Place place;
        bool has_checkpointer = true;  ///< false: the log is copied back between commits
    };
    static Result<std::unique_ptr<SqliteLedger>> open(const Setup& setup, base::Metrics& metrics,
                                                      const base::Clock& clock);
    ~SqliteLedger() override;

    const Home& home() const noexcept override { return home_; }
    Starts starts() const noexcept override { return starts_; }
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
    /// The open file; statements go before the database they belong to.
    struct Connection {
        Connection(Database opened, const Home& home) : database(std::move(opened)), writer(home) {}
        Database database;
        SqliteWriter writer;
        Statement begin;
        Statement commit;
        Statement rollback;
    };
    enum class Written : std::uint8_t { committed, rolled_back, unknown };

    SqliteLedger(const Setup& setup, base::Metrics& metrics, const base::Clock& clock);

    Status start();
    Result<std::unique_ptr<Connection>> connect();
    Result<std::unique_ptr<Connection>> prepare(Database database);
    bool is_in_memory() const { return place_.path == ":memory:"; }

    /// Commits the batch or leaves it undone; outcomes are set for committed only.
    bool write(std::span<const Change* const> batch, std::vector<Outcome>& outcomes);
    Written try_to_write(std::span<const Change* const> batch, std::vector<Outcome>& outcomes);
    Written roll_back();
    /// Whether transaction `sequence` is in the file; ends the process where that cannot be told.
    bool find_out(std::uint64_t sequence);
    void disconnect();
    bool is_in_place();
    void after_commit();
    void copy_log();

    const LogBuffer log_buffer_;
    const Database::Place place_;
    const base::Clock& clock_;
    LedgerCounters counters_;
    base::Counter& log_bytes_;
    Writability writability_;
    FileLock lock_;
    StoreFiles files_;
    Home home_;
    Starts starts_;
    std::uint64_t sequence_ = 0;  ///< of the last transaction
    std::uint64_t next_id_ = 1;
    std::unique_ptr<Connection>
        connection_;  ///< null after a failure until it could be opened again
    std::optional<Checkpointer> checkpointer_;
    std::string last_fault_;
    base::WallTime last_commit_{};
    unsigned idle_ticks_ = 0;  ///< without a change
};

}  // namespace herald::store
