// server/shard/cell_keeper.cpp: one shard's part in giving a cell away and taking it back.
#include "server/shard/cell_keeper.h"

#include <cassert>
#include <chrono>
#include <string>
#include <utility>

#include "base/log.h"
#include "server/core/notify_state.h"

namespace herald::server {

namespace {

constexpr auto kBetween = std::chrono::milliseconds(10);
/// NOTIFYs are waited for so long; those without an answer by then count as not delivered.
constexpr auto kAnswers = std::chrono::seconds(1);
constexpr auto kLongest = std::chrono::seconds(5);

}  // namespace

CellKeeper::CellKeeper(CellKeeperParts parts)
    : parts_(std::move(parts)), context_(parts_.context), held_(context_) {
    standings_.fill(CellStanding::serving);
    for (std::size_t n = 0; n < kCellInputs; ++n) {
        const std::string name(name_of(static_cast<CellInput>(n)));
        moves_[n] =
            &context_.metrics.counter("herald_cluster_cell_moves_total",
                                      "What became of cells, in each shard", {{"input", name}});
    }
}

void CellKeeper::move(Cell cell, CellInput input) {
    auto& standing = standings_[static_cast<std::size_t>(cell)];
    const auto next = next_standing(standing, input);
    assert(next);
    if (!next) return;
    base::log_debug("cell.moved", {{"cell", static_cast<unsigned>(cell)},
                                   {"from", name_of(standing)},
                                   {"to", name_of(*next)},
                                   {"input", name_of(input)}});
    moves_[static_cast<std::size_t>(input)]->add();
    standing = *next;
}

void CellKeeper::leave(Cell cell, Done done) {
    if (standing(cell) != CellStanding::serving) return done(Left::kept);
    move(cell, CellInput::give);
    held_.hold(cell);
    auto departure = std::make_shared<Departure>();
    departure->cell = cell;
    departure->begun = context_.loop.now();
    departure->done = std::move(done);
    look(departure);
}

void CellKeeper::look(const DeparturePtr& departure) {
    const auto cell = departure->cell;
    const auto waited = context_.loop.now() - departure->begun;
    const bool is_busy = has_changes(cell) || (waited < kAnswers && has_flights(cell));
    if (!is_busy && departure->is_confirmed) return end(departure, CellInput::given);
    if (!is_busy) {
        departure->is_confirmed = true;
        parts_.confirmations.flush(cell);
    } else if (waited >= kLongest) {
        return end(departure, CellInput::kept);
    } else {
        // What went on meanwhile may have told somebody.
        departure->is_confirmed = false;
    }
    context_.loop.timers().arm(context_.loop.now() + kBetween,
                               [this, departure] { look(departure); });
}

void CellKeeper::end(const DeparturePtr& departure, CellInput input) {
    const auto cell = departure->cell;
    const bool is_given = input == CellInput::given;
    if (is_given) parts_.forget(cell);
    move(cell, input);
    departure->done(is_given ? Left::given : Left::kept);
}

/// In the store, or on their way there once what is before them was found out.
bool CellKeeper::has_changes(Cell cell) const {
    if (context_.port.waiting(cell) > 0 || parts_.is_delivering(cell)) return true;
    bool has_any = false;
    context_.resources.for_each([&](std::uint32_t, const Resource& resource) {
        if (has_any || context_.cell_of(resource.aor) != cell) return;
        has_any = resource.is_changing || resource.is_dirty;
        for (const auto watcher : resource.watchers)
            has_any = has_any || context_.subscriptions[watcher].is_changing;
    });
    return has_any;
}

bool CellKeeper::has_flights(Cell cell) const {
    bool has_any = false;
    context_.resources.for_each([&](std::uint32_t, const Resource& resource) {
        if (has_any || context_.cell_of(resource.aor) != cell) return;
        for (const auto watcher : resource.watchers)
            has_any = has_any || is_out(context_.subscriptions[watcher].notify_state);
    });
    return has_any;
}

void CellKeeper::come_back(Cell cell) {
    if (standing(cell) == CellStanding::loading) move(cell, CellInput::loaded);
    for (const auto& each : held_.release(cell)) {
        const auto* request = context_.stack.request(each.transaction);
        if (request) parts_.serve(each.transaction, *request, each.flow);
    }
}

}  // namespace herald::server
