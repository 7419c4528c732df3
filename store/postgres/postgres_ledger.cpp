// store/postgres/postgres_ledger.cpp: batches committed to PostgreSQL, and what is done when that
// fails.
#include "store/postgres/postgres_ledger.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <thread>
#include <utility>

#include "base/log.h"
#include "store/migrations.h"
#include "store/postgres/postgres_reader.h"
#include "store/postgres/resolve.h"
#include "store/postgres/schema.h"
#include "store/row_number.h"
#include "store/rows.h"

namespace herald::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// An idle store notes this often that it is alive: enough to know a long downtime from a short one.
constexpr auto kBeat = std::chrono::seconds(30);
constexpr auto kSweepPause = std::chrono::seconds(1);
constexpr std::uint64_t kSweep = 1000;
constexpr auto kPace = std::chrono::microseconds(700);
constexpr auto kFirstPause = milliseconds(50), kLongestPause = milliseconds(1000);
/// Times a batch goes out again whose transaction was not committed.
constexpr int kAttempts = 10;
/// Looks at the database's clock at a start, of which the quickest counts.
constexpr int kClockLooks = 3;

/// In the order of their numbers, which is that of the tables' pages.
std::vector<std::size_t> in_order(std::span<const Change* const> batch) {
    std::vector<std::size_t> order(batch.size());
    std::iota(order.begin(), order.end(), 0);
    std::vector<std::uint64_t> ids;
    for (const Change* change : batch) ids.push_back(row_of(*change));
    std::stable_sort(order.begin(), order.end(),
                     [&ids](std::size_t a, std::size_t b) { return ids[a] < ids[b]; });
    return order;
}

/// Memory and store disagree, and what was answered is gone: only a new start can go on.
[[noreturn]] void end_process(const PostgresAddress& address, std::uint64_t expected,
                              std::uint64_t found) {
    base::log_error("store.went_back", {{"store", address.shown},
                                        {"acknowledged", expected},
                                        {"found", found},
                                        {"then", "the process ends"}});
    base::log_flush();
    std::abort();
}

}  // namespace

PostgresLedger::PostgresLedger(PostgresAddress address, base::Metrics& metrics,
                               const base::Clock& clock, OnClock on_clock)
    : address_(std::move(address)),
      clock_(clock),
      on_clock_(std::move(on_clock)),
      counters_(metrics),
      reconnects_(
          metrics.counter("herald_store_reconnects_total", "Sessions in place of lost ones")),
      fenced_(metrics.counter("herald_store_fenced_total", "Times another process had the store")),
      writability_(counters_.writable, address_.shown) {}

Result<std::unique_ptr<PostgresLedger>> PostgresLedger::open(PostgresAddress address,
                                                             base::Metrics& metrics,
                                                             const base::Clock& clock,
                                                             OnClock on_clock) {
    std::unique_ptr<PostgresLedger> ledger(
        new PostgresLedger(std::move(address), metrics, clock, std::move(on_clock)));
    if (auto started = ledger->start(); !started) return started.fault();
    return ledger;
}

Result<Session> PostgresLedger::connect() {
    auto session = Session::open(address_);
    if (!session) return session;
    if (auto good = check_server(*session, address_.is_unsafe_allowed); !good) return good.fault();
    if (auto set = configure(*session); !set) return set.fault();
    return session;
}

Status PostgresLedger::start() {
    auto session = connect();
    if (!session) return session.fault();
    const auto tables = session->number(
        "SELECT count(*) FROM pg_class WHERE relname = 'facts' AND relnamespace ="
        " current_schema()::regnamespace");
    if (!tables) return tables.fault();
    if (address_.must_exist && *tables == 0) {
        return Fault{FaultKind::invalid_configuration,
                     "it holds nothing of Herald's, and store.must_exist forbids to begin: does "
                     "store.url name the right database?"};
    }
    if (auto told = start_clock(*session); !told) return told;
    const auto known = migrations_for(Dialect::postgres);
    if (auto done = migrate(*session, known, clock_.wall()); !done) return done;
    auto tenure = take_store(*session, clock_.wall());
    if (!tenure) return tenure.fault();
    tenure_ = *tenure;
    next_id_ = end_of_block(tenure_.home.next_id);
    last_commit_ = clock_.wall();
    const auto last_mark = session->number(
        "SELECT greatest((SELECT max(sequence) FROM publication_marks),"
        " (SELECT max(sequence) FROM subscription_marks), 0)");
    if (!last_mark) return last_mark.fault();
    next_mark_ = *last_mark + 1;
    const auto sweep_at = session->number(next_sweep_sql());
    if (!sweep_at) return sweep_at.fault();
    sweep_at_ = base::WallTime(milliseconds(*sweep_at));
    if (auto prepared = Pipeline::prepare(*session); !prepared) return prepared;
    session_ = *std::move(session);
    return {};
}

/// From here on clock_ shows what the database's does.
Status PostgresLedger::start_clock(Session& session) {
    if (!on_clock_) return {};
    std::optional<base::ClockReading> best;
    for (int looks = 0; looks < kClockLooks; ++looks) {
        const base::Instant asked = clock_.now();
        const auto said = session.number(kClock);
        if (!said) return said.fault();
        const auto reading = base::reading_of(asked, clock_.now(), base::Duration(*said));
        if (!best || reading.within < best->within) best = reading;
    }
    on_clock_(*best);
    return {};
}

/// A connection that is lost meanwhile is found to be by whatever comes next.
void PostgresLedger::look_at_clock() {
    if (!on_clock_ || !session_) return;
    const base::Instant asked = clock_.now();
    const auto said = Pipeline::ask_clock(*session_, patience_);
    if (said) on_clock_(base::reading_of(asked, clock_.now(), *said));
}

Status PostgresLedger::recover(RecoverySink& sink) {
    return store::recover(*session_, clock_.wall(), sink);
}

Result<std::vector<Token>> PostgresLedger::tokens() {
    return read_tokens(*session_);
}

std::vector<Outcome> PostgresLedger::commit(Batch batch) {
    std::vector<Outcome> outcomes(batch.size(), Outcome::unavailable);
    for (const Change* change : batch) {
        next_id_ = std::max(next_id_, end_of_block(highest_number(*change)));
    }
    for (std::size_t done = 0; done < batch.size() && writability_;) {
        const auto part = without_repetition(batch.subspan(done));
        if (!commit_part(part, Outcomes(outcomes).subspan(done, part.size()))) break;
        done += part.size();
    }
    counters_.count(outcomes);
    return outcomes;
}

bool PostgresLedger::commit_part(Batch batch, Outcomes outcomes) {
    const auto started = steady_clock::now();
    std::vector<Outcome> results;
    for (int attempts = 0; attempts < kAttempts; ++attempts) {
        Executed executed = attempt(batch, results);
        last_fault_ = executed.reason;
        if (executed.trouble == Trouble::lost) {
            const Found found = find_out(batch, results, executed.reason);
            if (found == Found::not_committed) continue;
            if (found == Found::unknown) {
                std::fill(outcomes.begin(), outcomes.end(), Outcome::unknown);
                return stop_writing(last_fault_);
            }
            executed.trouble = Trouble::none;
        }
        if (executed.trouble == Trouble::none) {
            note_commit();
            std::copy(results.begin(), results.end(), outcomes.begin());
            counters_.count_commit(batch.size(), steady_clock::now() - started);
            writability_.turn(true, {});
            return true;
        }
        if (executed.trouble == Trouble::culprit) return divide(batch, outcomes, executed.reason);
        if (executed.trouble == Trouble::again) continue;
        if (executed.trouble == Trouble::fenced) is_fenced_ = true;
        break;
    }
    return stop_writing(last_fault_);
}

/// The next try is made with a new session, perhaps to another server.
bool PostgresLedger::stop_writing(const std::string& reason) {
    session_.reset();
    if (is_fenced_) fenced_.add();
    writability_.turn(false, reason);
    return false;
}

Executed PostgresLedger::attempt(Batch batch, std::vector<Outcome>& outcomes) {
    Executed lost;
    lost.trouble = Trouble::lost;
    RowBatch rows(tenure_.home, next_mark_);
    outcomes.assign(batch.size(), Outcome::committed);
    if (!session_ || !fill(rows, batch, outcomes)) return lost;
    const base::WallTime now = clock_.wall();
    const Claim claim{.fence = tenure_.lane.fence,
                      .sequence = tenure_.lane.sequence + 1,
                      .now = now,
                      .next_id = next_id_};
    next_mark_then_ = rows.next_mark();
    sweep_at_then_ = std::min(sweep_at_, rows.first_end());
    const std::uint64_t limit = is_sweep_due(now) ? kSweep + 2 * (next_mark_then_ - next_mark_) : 0;
    Executed executed =
        Pipeline::run(*session_, claim, rows, {.now = now, .limit = limit}, patience_);
    if (executed.trouble != Trouble::none) return executed;
    if (limit > 0) sweep_at_then_ = std::max(executed.sweep_at, now + kSweepPause);
    for (std::size_t i = 0; i < kOperations; ++i) {
        rows.settle(static_cast<Operation>(i), executed.met[i], outcomes);
    }
    return executed;
}

/// What is refused already is not sent. False: the connection is lost.
bool PostgresLedger::fill(RowBatch& rows, Batch batch, std::vector<Outcome>& outcomes) {
    const auto together = refused_together(*session_, batch);
    if (!together) return false;
    for (const std::size_t place : in_order(batch)) {
        const bool is_refused = together->contains(place) || names_row_twice(*batch[place]);
        outcomes[place] = is_refused ? Outcome::refused
                                     : rows.add(*batch[place], place).value_or(Outcome::refused);
    }
    return true;
}

void PostgresLedger::note_commit() {
    ++tenure_.lane.sequence;
    last_commit_ = clock_.wall();
    next_mark_ = next_mark_then_;
    sweep_at_ = sweep_at_then_;
}

PostgresLedger::Found PostgresLedger::find_out(Batch batch, std::vector<Outcome>& outcomes,
                                               const std::string& reason) {
    base::log_warning("store.connection_lost", {{"store", address_.shown}, {"reason", reason}});
    auto pause = kFirstPause;
    for (bool is_last = false;;) {
        const auto found = look(batch, outcomes);
        if (found) return *found;
        last_fault_ = found.fault().detail;
        if (is_fenced_ || is_last) return Found::unknown;
        writability_.turn(false, last_fault_);
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, kLongestPause);
        is_last = patience_.is_over;
    }
}

Result<PostgresLedger::Found> PostgresLedger::look(Batch batch, std::vector<Outcome>& outcomes) {
    auto lane = reconnect();
    if (!lane) return lane.fault();
    if (lane->sequence == tenure_.lane.sequence) return Found::not_committed;
    auto found = outcomes_of(*session_, batch);
    if (!found) return found.fault();
    outcomes = *std::move(found);
    return Found::committed;
}

Result<LaneState> PostgresLedger::reconnect() {
    session_.reset();
    auto session = connect();
    if (!session) return session.fault();
    auto lane = keep_store(*session, tenure_.lane.fence);
    if (!lane) {
        is_fenced_ = lane.fault().kind == FaultKind::conflict;
        return lane;
    }
    const std::uint64_t acknowledged = tenure_.lane.sequence;
    if (lane->sequence != acknowledged && lane->sequence != acknowledged + 1) {
        end_process(address_, acknowledged, lane->sequence);
    }
    if (auto prepared = Pipeline::prepare(*session); !prepared) return prepared.fault();
    session_ = *std::move(session);
    reconnects_.add();
    return lane;
}

bool PostgresLedger::divide(Batch batch, Outcomes outcomes, const std::string& reason) {
    if (batch.size() <= 1) {
        base::log_error("store.change_refused", {{"store", address_.shown}, {"reason", reason}});
        std::fill(outcomes.begin(), outcomes.end(), Outcome::refused);
        return true;
    }
    const std::size_t half = batch.size() / 2;
    return commit_part(batch.first(half), outcomes.first(half)) &&
           commit_part(batch.subspan(half), outcomes.subspan(half));
}

Result<CellRowsPtr> PostgresLedger::cell(Cell cell) {
    if (!session_) return Fault{FaultKind::io, last_fault_};
    auto rows = std::make_unique<CellRows>();
    auto read = store::recover(*session_, clock_.wall(), cell, *rows);
    if (!read) return read.fault();
    return Result<CellRowsPtr>(std::move(rows));
}

Result<Message> PostgresLedger::message(std::uint64_t id) {
    if (!session_) return Fault{FaultKind::io, last_fault_};
    auto message = read_message(*session_, id);
    if (message || !session_->is_lost()) return message;
    if (auto connected = reconnect(); !connected) return connected.fault();
    return read_message(*session_, id);
}

void PostgresLedger::tick() {
    if (is_fenced_ || patience_.is_over) return;
    look_at_clock();
    if (!session_ || session_->is_lost()) {
        const auto connected = reconnect();
        if (!connected) {
            last_fault_ = connected.fault().detail;
            return;
        }
    }
    const base::WallTime now = clock_.wall();
    if (writability_ && now - last_commit_ < kBeat && !is_sweep_due(now)) return;
    commit_part({}, {});
}

std::chrono::microseconds PostgresLedger::pace() const noexcept {
    return kPace;
}

Status PostgresLedger::close() {
    Status left = Fault{FaultKind::io, last_fault_};
    if (session_) left = leave_store(*session_, tenure_.lane.fence, clock_.wall());
    if (session_ && session_->is_lost() && reconnect()) {
        left = leave_store(*session_, tenure_.lane.fence, clock_.wall());
    }
    session_.reset();
    return left;
}

}  // namespace herald::store
