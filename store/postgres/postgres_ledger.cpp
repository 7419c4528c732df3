// store/postgres/postgres_ledger.cpp: batches committed to PostgreSQL, and what is done when that
// fails.
#include "store/postgres/postgres_ledger.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include "base/log.h"
#include "store/migrations.h"
#include "store/postgres/node_clocks.h"
#include "store/postgres/postgres_reader.h"
#include "store/postgres/postgres_transaction.h"
#include "store/postgres/schema.h"
#include "store/row_number.h"
#include "store/rows.h"

namespace herald::store {
namespace {

using std::chrono::steady_clock;

// An idle store notes this often that it is alive: enough to know a long downtime from a short one.
constexpr auto kBeat = std::chrono::seconds(30);
constexpr auto kPace = std::chrono::microseconds(700);

}  // namespace

PostgresLedger::PostgresLedger(PostgresAddress address, base::Metrics& metrics,
                               const base::Clock& clock, OnClock on_clock, NodeSetup node)
    : clock_(clock),
      database_clock_(clock, std::move(on_clock)),
      setup_(std::move(node)),
      counters_(metrics),
      store_(std::move(address), metrics),
      writability_(counters_.writable, store_.shown()) {}

Result<std::unique_ptr<PostgresLedger>> PostgresLedger::open(PostgresAddress address,
                                                             base::Metrics& metrics,
                                                             const base::Clock& clock,
                                                             OnClock on_clock, NodeSetup node) {
    std::unique_ptr<PostgresLedger> ledger(new PostgresLedger(
        std::move(address), metrics, clock, std::move(on_clock), std::move(node)));
    if (auto started = ledger->start(); !started) return started.fault();
    return ledger;
}

Status PostgresLedger::start() {
    auto session = store_.open();
    if (!session) return session.fault();
    const auto known = migrations_for(Dialect::postgres);
    if (auto done = migrate(*session, known, clock_.wall()); !done) return done;
    if (auto locked = lock(*session); !locked) return locked;
    const NodeTime now{clock_.wall(), clock_.now()};
    if (auto taken = store_.take(*session, setup_, now); !taken) return taken;
    next_id_ = end_of_block(home().next_id);
    last_commit_ = clock_.wall();
    const auto tombstones = read_tombstones(*session);
    if (!tombstones) return tombstones.fault();
    tombstones_ = *tombstones;
    return store_.use(*std::move(session));
}

/// Whoever had it until just now was seen to live.
Status PostgresLedger::lock(Session& session) {
    if (!database_clock_.is_followed()) return lock_store(session);
    const auto before = read_node_clocks(session);
    if (!before) return before.fault();
    if (auto locked = lock_store(session); !locked) return locked;
    const auto database = database_clock_.read(session);
    if (!database) return database.fault();
    const auto after = read_node_clocks(session);
    if (!after) return after.fault();
    const Asker asker{setup_.name, setup_.boot, clock_.now(), *database};
    database_clock_.start({*database, clock_of_nodes(*before, *after, asker)});
    return {};
}

Status PostgresLedger::recover(RecoverySink& sink) {
    return store::recover(store_.session(), clock_.wall(), sink);
}

Result<std::vector<Token>> PostgresLedger::tokens() {
    return read_tokens(store_.session());
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
    PostgresTransaction transaction(
        store_, clock_, writability_,
        {.batch = batch, .next_id = next_id_, .tombstones = tombstones_});
    const Trouble trouble = transaction.carry_out();
    last_fault_ = transaction.reason();
    if (trouble == Trouble::none) {
        store_.note_commit();
        last_commit_ = clock_.wall();
        tombstones_ = transaction.tombstones();
        std::copy(transaction.outcomes().begin(), transaction.outcomes().end(), outcomes.begin());
        counters_.count_commit(batch.size(), steady_clock::now() - started);
        writability_.turn(true, {});
        return true;
    }
    if (trouble == Trouble::culprit) return divide(batch, outcomes);
    if (trouble == Trouble::lost) std::fill(outcomes.begin(), outcomes.end(), Outcome::unknown);
    if (trouble == Trouble::fenced) store_.note_fenced();
    return stop_writing();
}

bool PostgresLedger::stop_writing() {
    store_.drop();
    writability_.turn(false, last_fault_);
    return false;
}

bool PostgresLedger::divide(Batch batch, Outcomes outcomes) {
    if (batch.size() <= 1) {
        base::log_error("store.change_refused",
                        {{"store", store_.shown()}, {"reason", last_fault_}});
        std::fill(outcomes.begin(), outcomes.end(), Outcome::refused);
        return true;
    }
    const std::size_t half = batch.size() / 2;
    return commit_part(batch.first(half), outcomes.first(half)) &&
           commit_part(batch.subspan(half), outcomes.subspan(half));
}

Result<CellRowsPtr> PostgresLedger::cell(Cell cell) {
    if (!store_.is_open()) return Fault{FaultKind::io, last_fault_};
    auto rows = std::make_unique<CellRows>();
    auto read = store::recover(store_.session(), clock_.wall(), cell, *rows);
    if (!read) return read.fault();
    return Result<CellRowsPtr>(std::move(rows));
}

Result<Message> PostgresLedger::message(std::uint64_t id) {
    if (!store_.is_open()) return Fault{FaultKind::io, last_fault_};
    auto message = read_message(store_.session(), id);
    if (message || !store_.is_lost()) return message;
    if (auto connected = store_.reconnect(); !connected) return connected.fault();
    return read_message(store_.session(), id);
}

void PostgresLedger::tick() {
    if (store_.is_fenced() || store_.patience().is_over) return;
    if (store_.is_open())
        database_clock_.look(store_.session(), store_.tenure().member(), store_.patience());
    if (store_.is_lost()) {
        const auto connected = store_.reconnect();
        if (!connected) {
            last_fault_ = connected.fault().detail;
            return;
        }
    }
    const base::WallTime now = clock_.wall();
    if (writability_ && now - last_commit_ < kBeat && !tombstones_.is_sweep_due(now)) return;
    commit_part({}, {});
}

std::chrono::microseconds PostgresLedger::pace() const noexcept {
    return kPace;
}

Status PostgresLedger::close() {
    if (!store_.is_open()) return Fault{FaultKind::io, last_fault_};
    return store_.leave(clock_);
}

}  // namespace herald::store
