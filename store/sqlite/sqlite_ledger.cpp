// store/sqlite/sqlite_ledger.cpp: batches committed to one SQLite file, and what is done when that
// fails.
#include "store/sqlite/sqlite_ledger.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "base/log.h"
#include "store/migrations.h"
#include "store/row_number.h"
#include "store/rows.h"
#include "store/sqlite/migrate.h"
#include "store/sqlite/renumber.h"
#include "store/sqlite/run.h"
#include "store/sqlite/settle.h"
#include "store/sqlite/sqlite_file.h"
#include "store/sqlite/sqlite_reader.h"

namespace herald::store {
namespace {

using std::chrono::steady_clock;

// An idle store notes this often that it is alive: enough to know a long downtime from a short one.
constexpr auto kBeat = std::chrono::seconds(30);
constexpr unsigned kIdleTicks = 5;
/// Changes that arrive meanwhile share the next commit and its sync, which saves a fifth of the
/// server's time at half load; a change that arrives alone does not wait.
constexpr auto kPace = std::chrono::microseconds(700);
constexpr std::uint64_t kFrameBytes = 4096 + 24;
constexpr int kRecoveryCache = 1024;  ///< KiB

/// Exclusive access needs no shared memory file, which a full disk might refuse; another process
/// that reads the file may prevent exclusive access.
Result<std::uint64_t> sequence_on_disk(const Database::Place& place) {
    Fault fault{FaultKind::io, ""};
    for (const char* mode : {"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA locking_mode = NORMAL"}) {
        auto database = Database::open(place);
        if (!database) return database.fault();
        database->keep_log_on_close();
        (void)database->execute(mode);
        auto sequence = last_sequence(*database);
        if (sequence) return sequence;
        fault = sequence.fault();
    }
    return fault;
}

}  // namespace

SqliteLedger::SqliteLedger(const Setup& setup, base::Metrics& metrics, const base::Clock& clock)
    : log_buffer_(setup.place.vfs),
      place_{.path = setup.place.path, .vfs = log_buffer_.name()},
      clock_(clock),
      counters_(metrics),
      log_bytes_(metrics.gauge("herald_store_wal_bytes", "Bytes in use of the write-ahead log")),
      writability_(counters_.writable, setup.place.path) {
    if (setup.has_checkpointer && !is_in_memory()) checkpointer_.emplace(place_, metrics);
}

SqliteLedger::~SqliteLedger() = default;

Result<std::unique_ptr<SqliteLedger>> SqliteLedger::open(const Setup& setup, base::Metrics& metrics,
                                                         const base::Clock& clock) {
    std::unique_ptr<SqliteLedger> ledger(new SqliteLedger(setup, metrics, clock));
    if (auto started = ledger->start(); !started) return started.fault();
    return ledger;
}

Status SqliteLedger::start() {
    if (place_.vfs.empty()) return Fault{FaultKind::invalid_configuration, "no such SQLite VFS"};
    if (!is_in_memory()) {
        auto lock = claim_file(place_.path);
        if (!lock) return lock.fault();
        lock_ = std::move(*lock);
        if (auto settled = settle_log(place_); !settled) return settled;
    }
    auto database = open_configured(place_);
    if (!database) return database.fault();
    if (auto ours = check_ours(*database, place_.path); !ours) return ours;
    if (auto done = migrate(*database, migrations_for(Dialect::sqlite), clock_.wall()); !done)
        return done;
    if (auto done = renumber(*database); !done) return done;
    auto run = start_run(*database, clock_.wall());
    if (!run) return run.fault();
    home_ = run->home;
    starts_ = run->starts;
    next_id_ = end_of_block(home_.next_id);
    last_commit_ = clock_.wall();
    const auto sequence = last_sequence(*database);
    if (!sequence) return sequence.fault();
    sequence_ = *sequence;
    auto connection = prepare(std::move(*database));
    if (!connection) return connection.fault();
    connection_ = std::move(*connection);
    if (is_in_memory()) return {};
    files_ = StoreFiles::of(place_.path);
    return sync_folder_of(place_.path);
}

Result<std::unique_ptr<SqliteLedger::Connection>> SqliteLedger::prepare(Database database) {
    auto made = std::make_unique<Connection>(std::move(database), home_);
    if (auto done = made->writer.prepare(made->database); !done) return done.fault();
    auto done = made->database.prepare(
        {{made->begin, "BEGIN IMMEDIATE"}, {made->commit, "COMMIT"}, {made->rollback, "ROLLBACK"}});
    if (!done) return done.fault();
    return made;
}

Result<std::unique_ptr<SqliteLedger::Connection>> SqliteLedger::connect() {
    auto database = open_configured(place_);
    if (!database) return database.fault();
    return prepare(std::move(*database));
}

Status SqliteLedger::recover(RecoverySink& sink) {
    // Each page is read once: keeping it would cost a page fault, and memory that is not needed
    // yet.
    connection_->database.set_page_cache(kRecoveryCache);
    auto recovered = store::recover(connection_->database, clock_.wall(), sink);
    connection_->database.set_page_cache(kPageCache);
    return recovered;
}

Result<std::vector<Token>> SqliteLedger::tokens() {
    return read_tokens(connection_->database);
}

std::vector<Outcome> SqliteLedger::commit(std::span<const Change* const> batch) {
    std::vector<Outcome> outcomes(batch.size(), Outcome::unavailable);
    idle_ticks_ = 0;
    if (writability_) {
        for (const Change* change : batch) {
            next_id_ = std::max(next_id_, end_of_block(highest_number(*change)));
        }
        if (!write(batch, outcomes)) outcomes.assign(batch.size(), Outcome::unavailable);
    }
    counters_.count(outcomes);
    return outcomes;
}

Result<Message> SqliteLedger::message(std::uint64_t id) {
    if (!connection_) return Fault{FaultKind::io, last_fault_};
    return read_message(connection_->database, id);
}

Result<CellRowsPtr> SqliteLedger::cell(Cell cell) {
    if (!connection_) return Fault{FaultKind::io, last_fault_};
    auto rows = std::make_unique<CellRows>();
    auto read = store::recover(connection_->database, clock_.wall(), cell, *rows);
    if (!read) return read.fault();
    return Result<CellRowsPtr>(std::move(rows));
}

bool SqliteLedger::write(std::span<const Change* const> batch, std::vector<Outcome>& outcomes) {
    const auto started = steady_clock::now();
    Written written = try_to_write(batch, outcomes);
    if (written == Written::unknown) {
        written = find_out(sequence_ + 1) ? Written::committed : Written::rolled_back;
    }
    if (written == Written::rolled_back) {
        writability_.turn(false, last_fault_);
        return false;
    }
    ++sequence_;
    last_commit_ = clock_.wall();
    counters_.count_commit(batch.size(), steady_clock::now() - started);
    // Committed after all, but the connection may be gone.
    writability_.turn(connection_ != nullptr, last_fault_);
    if (connection_) after_commit();
    return true;
}

SqliteLedger::Written SqliteLedger::try_to_write(std::span<const Change* const> batch,
                                                 std::vector<Outcome>& outcomes) {
    Connection& to = *connection_;
    if (to.begin.run() != Step::done) return roll_back();
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const auto outcome = to.writer.apply(*batch[i]);
        if (!outcome) return roll_back();
        outcomes[i] = *outcome;
    }
    const base::WallTime now = clock_.wall();
    auto& tombstones = to.writer.tombstones();
    if (tombstones.is_sweep_due(now) && !tombstones.sweep(now)) return roll_back();
    if (!to.writer.note({.sequence = sequence_ + 1, .alive_at = now, .next_id = next_id_})) {
        return roll_back();
    }
    if (to.commit.run() == Step::done) return Written::committed;
    // Without a file there is nothing that could disagree with memory.
    if (is_in_memory()) return roll_back();
    last_fault_ = to.database.fault().detail;
    return Written::unknown;
}

SqliteLedger::Written SqliteLedger::roll_back() {
    last_fault_ = connection_->database.fault().detail;
    if (connection_->database.in_transaction()) connection_->rollback.run();
    // Nothing goes to the file before COMMIT: closing undoes what ROLLBACK could not.
    if (connection_->database.in_transaction()) disconnect();
    return Written::rolled_back;
}

bool SqliteLedger::find_out(std::uint64_t sequence) {
    base::log_error("store.commit_failed", {{"reason", last_fault_}});
    disconnect();
    auto settled = settle_log(place_);
    auto found = settled ? sequence_on_disk(place_) : settled.fault();
    if (!found) {
        // The requests can be neither answered nor left waiting for ever; a new start reads what is
        // there.
        base::log_error("store.undecided", {{"file", place_.path},
                                            {"reason", found.fault().detail},
                                            {"then", "the process ends"}});
        base::log_flush();
        std::abort();
    }
    if (auto connection = connect()) {
        connection_ = std::move(*connection);
        if (checkpointer_) checkpointer_->resume();
    }
    return *found == sequence;
}

void SqliteLedger::disconnect() {
    if (checkpointer_) checkpointer_->pause();
    connection_->database.keep_log_on_close();
    connection_.reset();
}

void SqliteLedger::after_commit() {
    const int frames = connection_->database.log_frames();
    log_bytes_.set(static_cast<std::uint64_t>(frames) * kFrameBytes);
    const bool is_due =
        checkpointer_ ? checkpointer_->on_commit(frames) : frames >= kCheckpointFrames;
    if (is_due) copy_log();
}

void SqliteLedger::copy_log() {
    const auto reached = connection_->database.checkpoint();
    if (!reached) {
        base::log_error("store.checkpoint_failed", {{"reason", reached.fault().detail}});
    }
    const int frames = connection_->database.log_frames();
    if (checkpointer_)
        checkpointer_->finished(reached ? reached->frames - reached->copied : frames);
}

/// What is written to files that were removed is acknowledged and lost: nothing more is taken until
/// they are back.
bool SqliteLedger::is_in_place() {
    if (is_in_memory()) return true;
    std::string lost = files_.what_is_lost();
    if (lost.empty()) return true;
    last_fault_ = std::move(lost);
    writability_.turn(false, last_fault_);
    return false;
}

void SqliteLedger::tick() {
    if (!is_in_place()) return;
    if (!connection_) {
        auto connection = connect();
        if (!connection) return;
        connection_ = std::move(*connection);
        if (checkpointer_) checkpointer_->resume();
    }
    // The pages of a quiet store are better kept by the operating system, which can use the room
    // otherwise.
    if (++idle_ticks_ == kIdleTicks && !is_in_memory()) connection_->database.release_memory();
    const base::WallTime now = clock_.wall();
    const bool is_beat_due = !is_in_memory() && now - last_commit_ >= kBeat;
    if (writability_ && !is_beat_due && !connection_->writer.tombstones().is_sweep_due(now)) return;
    std::vector<Outcome> none;
    write({}, none);
}

std::chrono::microseconds SqliteLedger::pace() const noexcept {
    return kPace;
}

Status SqliteLedger::adopt(const Home& home) {
    return adopt_home(connection_->database, home);
}

Status SqliteLedger::close() {
    checkpointer_.reset();
    if (!connection_) return Fault{FaultKind::io, last_fault_};
    Status ended = end_run(connection_->database, clock_.wall());
    // The last connection to close copies the log and removes it.
    connection_.reset();
    lock_ = FileLock();
    return ended;
}

}  // namespace herald::store
