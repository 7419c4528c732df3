// store/sqlite/sqlite_ledger.cpp: batches committed to one SQLite file, and what is done when that
// fails.
#include "store/sqlite/sqlite_ledger.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "store/migrations.h"
#include "store/row_number.h"
#include "store/rows.h"
#include "store/sqlite/migrate.h"
#include "store/sqlite/renumber.h"
#include "store/sqlite/repack.h"
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
constexpr int kRecoveryCache = 1024;  ///< KiB

}  // namespace

SqliteLedger::SqliteLedger(const Setup& setup, base::Metrics& metrics, const base::Clock& clock)
    : clock_(clock),
      counters_(metrics),
      file_(setup, metrics),
      writability_(counters_.writable, setup.place.path) {}

Result<std::unique_ptr<SqliteLedger>> SqliteLedger::open(const Setup& setup, base::Metrics& metrics,
                                                         const base::Clock& clock) {
    std::unique_ptr<SqliteLedger> ledger(new SqliteLedger(setup, metrics, clock));
    if (auto started = ledger->start(); !started) return started.fault();
    return ledger;
}

Status SqliteLedger::start() {
    auto database = file_.claim();
    if (!database) return database.fault();
    if (auto done = migrate(*database, migrations_for(Dialect::sqlite), clock_.wall()); !done)
        return done;
    if (auto done = repack(*database); !done) return done;
    if (auto done = renumber(*database); !done) return done;
    auto run = start_run(*database, clock_.wall());
    if (!run) return run.fault();
    run_ = *run;
    next_id_ = end_of_block(run_.home.next_id);
    last_commit_ = clock_.wall();
    const auto sequence = last_sequence(*database);
    if (!sequence) return sequence.fault();
    sequence_ = *sequence;
    return file_.use(std::move(*database), run_.home);
}

Status SqliteLedger::recover(RecoverySink& sink) {
    // Each page is read once: keeping it would cost a page fault, and memory that is not needed
    // yet.
    file_.database().set_page_cache(kRecoveryCache);
    auto recovered = store::recover(file_.database(), clock_.wall(), sink);
    file_.database().set_page_cache(kPageCache);
    return recovered;
}

Result<std::vector<Token>> SqliteLedger::tokens() {
    return read_tokens(file_.database());
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
    if (!file_.is_open()) return Fault{FaultKind::io, last_fault_};
    return read_message(file_.database(), id);
}

Result<CellRowsPtr> SqliteLedger::cell(Cell cell) {
    if (!file_.is_open()) return Fault{FaultKind::io, last_fault_};
    auto rows = std::make_unique<CellRows>();
    auto read = store::recover(file_.database(), clock_.wall(), cell, *rows);
    if (!read) return read.fault();
    return Result<CellRowsPtr>(std::move(rows));
}

bool SqliteLedger::write(std::span<const Change* const> batch, std::vector<Outcome>& outcomes) {
    const auto started = steady_clock::now();
    if (!try_to_write(batch, outcomes)) {
        writability_.turn(false, last_fault_);
        return false;
    }
    ++sequence_;
    last_commit_ = clock_.wall();
    counters_.count_commit(batch.size(), steady_clock::now() - started);
    // Committed after all, but the connection may be gone.
    writability_.turn(file_.is_open(), last_fault_);
    if (file_.is_open()) file_.log_copier().after_commit(file_.database());
    return true;
}

bool SqliteLedger::try_to_write(std::span<const Change* const> batch,
                                std::vector<Outcome>& outcomes) {
    using Written = SqliteConnection::Written;
    auto& to = file_.connection();
    const std::uint64_t sequence = sequence_ + 1;
    Written written = to.write({batch, sequence, next_id_}, clock_, outcomes);
    if (written == Written::committed) return true;
    if (written == Written::unknown && file_.is_in_memory()) written = to.roll_back();
    last_fault_ = to.reason();
    if (written == Written::unknown) return file_.find_out(sequence, last_fault_);
    if (to.is_stuck()) file_.drop();
    return false;
}

/// What is written to files that were removed is acknowledged and lost: nothing more is taken until
/// they are back.
bool SqliteLedger::is_in_place() {
    std::string lost = file_.what_is_lost();
    if (lost.empty()) return true;
    last_fault_ = std::move(lost);
    writability_.turn(false, last_fault_);
    return false;
}

void SqliteLedger::tick() {
    if (!is_in_place()) return;
    if (!file_.is_open() && !file_.reopen()) return;
    // The pages of a quiet store are better kept by the operating system, which can use the room
    // otherwise.
    if (++idle_ticks_ == kIdleTicks && !file_.is_in_memory()) file_.database().release_memory();
    const base::WallTime now = clock_.wall();
    const bool is_beat_due = !file_.is_in_memory() && now - last_commit_ >= kBeat;
    if (writability_ && !is_beat_due && !file_.connection().is_sweep_due(now)) return;
    std::vector<Outcome> none;
    write({}, none);
}

std::chrono::microseconds SqliteLedger::pace() const noexcept {
    return kPace;
}

Status SqliteLedger::adopt(const Home& home) {
    return adopt_home(file_.database(), home);
}

Status SqliteLedger::close() {
    file_.log_copier().end_thread();
    if (!file_.is_open()) return Fault{FaultKind::io, last_fault_};
    Status ended = end_run(file_.database(), clock_.wall());
    file_.close();
    return ended;
}

}  // namespace herald::store
