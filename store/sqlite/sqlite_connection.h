// store/sqlite/sqlite_connection.h: an open file with all that a transaction takes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "store/sqlite/database.h"
#include "store/sqlite/sqlite_writer.h"

namespace herald::store {

class SqliteConnection {
public:
    /// Of a database that was opened with its settings. Faults: io.
    static Result<std::unique_ptr<SqliteConnection>> prepare(Database database, const Home& home);

    struct Transaction {
        std::span<const Change* const> batch;
        std::uint64_t sequence = 0;
        std::uint64_t next_id = 0;
    };
    enum class Written : std::uint8_t {
        committed,
        rolled_back,
        unknown,  ///< COMMIT failed
    };
    /// Outcomes are set for committed only.
    Written write(const Transaction& transaction, const base::Clock& clock,
                  std::vector<Outcome>& outcomes);
    /// Where a COMMIT that failed leaves nothing open: there is no file that could have it.
    Written roll_back();
    /// What kept the last one from being committed.
    const std::string& reason() const noexcept { return reason_; }
    /// True where not even ROLLBACK could be done: closing it undoes what was written.
    bool is_stuck() const noexcept { return database_.in_transaction(); }

    /// Whether a transaction would find tombstones to delete.
    bool is_sweep_due(base::WallTime now) { return writer_.tombstones().is_sweep_due(now); }
    Database& database() noexcept { return database_; }

private:
    SqliteConnection(Database database, const Home& home)
        : database_(std::move(database)), writer_(home) {}

    bool write_all(const Transaction& transaction, const base::Clock& clock,
                   std::vector<Outcome>& outcomes);

    Database database_;  ///< outlives its statements
    SqliteWriter writer_;
    Statement begin_;
    Statement commit_;
    Statement rollback_;
    std::string reason_;
};

}  // namespace herald::store
