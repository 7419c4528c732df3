// store/postgres/postgres_transaction.cpp: changes that are committed as one, tried until it is
// known what became of them.
#include "store/postgres/postgres_transaction.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <numeric>
#include <thread>
#include <utility>

#include "base/log.h"
#include "store/postgres/resolve.h"
#include "store/postgres/row_batch.h"
#include "store/rows.h"

namespace herald::store {
namespace {

/// Times a batch goes out again whose transaction was not committed.
constexpr int kAttempts = 10;
constexpr auto kFirstPause = std::chrono::milliseconds(50),
               kLongestPause = std::chrono::milliseconds(1000);
constexpr auto kSweepPause = std::chrono::seconds(1);
constexpr std::uint64_t kSweep = 1000;

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

}  // namespace

Trouble PostgresTransaction::carry_out() {
    for (int attempts = 0; attempts < kAttempts; ++attempts) {
        const Executed executed = attempt();
        reason_ = executed.reason;
        if (executed.trouble == Trouble::lost) {
            const Found found = find_out();
            if (found == Found::not_committed) continue;
            return found == Found::committed ? Trouble::none : Trouble::lost;
        }
        if (executed.trouble != Trouble::again) return executed.trouble;
    }
    return Trouble::unavailable;
}

Executed PostgresTransaction::attempt() {
    Executed lost;
    lost.trouble = Trouble::lost;
    const TombstoneState& before = content_.tombstones;
    RowBatch rows(store_.tenure().home, before.next);
    outcomes_.assign(content_.batch.size(), Outcome::committed);
    if (!store_.is_open() || !fill(rows)) return lost;
    const base::WallTime now = clock_.wall();
    const Claim claim{.fence = store_.tenure().lane.fence,
                      .sequence = store_.tenure().lane.sequence + 1,
                      .now = now,
                      .next_id = content_.next_id};
    then_ = {.next = rows.next_mark(), .sweep_at = std::min(before.sweep_at, rows.first_end())};
    const std::uint64_t limit =
        before.is_sweep_due(now) ? kSweep + 2 * (then_.next - before.next) : 0;
    Executed executed = Pipeline::run(store_.session(), claim, rows, {.now = now, .limit = limit},
                                      store_.patience());
    if (executed.trouble != Trouble::none) return executed;
    if (limit > 0) then_.sweep_at = std::max(executed.sweep_at, now + kSweepPause);
    for (std::size_t i = 0; i < kOperations; ++i) {
        rows.settle(static_cast<Operation>(i), executed.met[i], outcomes_);
    }
    return executed;
}

/// What is refused already is not sent. False: the connection is lost.
bool PostgresTransaction::fill(RowBatch& rows) {
    const auto batch = content_.batch;
    const auto together = refused_together(store_.session(), batch);
    if (!together) return false;
    for (const std::size_t place : in_order(batch)) {
        const bool is_refused = together->contains(place) || names_row_twice(*batch[place]);
        outcomes_[place] = is_refused ? Outcome::refused
                                      : rows.add(*batch[place], place).value_or(Outcome::refused);
    }
    return true;
}

/// After the connection was lost.
PostgresTransaction::Found PostgresTransaction::find_out() {
    base::log_warning("store.connection_lost", {{"store", store_.shown()}, {"reason", reason_}});
    auto pause = kFirstPause;
    for (bool is_last = false;;) {
        const auto found = look();
        if (found) return *found;
        reason_ = found.fault().detail;
        if (store_.is_fenced() || is_last) return Found::unknown;
        writability_.turn(false, reason_);
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, kLongestPause);
        is_last = store_.patience().is_over;
    }
}

Result<PostgresTransaction::Found> PostgresTransaction::look() {
    auto lane = store_.reconnect();
    if (!lane) return lane.fault();
    if (lane->sequence == store_.tenure().lane.sequence) return Found::not_committed;
    auto found = outcomes_of(store_.session(), content_.batch);
    if (!found) return found.fault();
    outcomes_ = *std::move(found);
    return Found::committed;
}

}  // namespace herald::store
