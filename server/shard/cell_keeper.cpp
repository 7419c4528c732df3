// server/shard/cell_keeper.cpp: one shard's part in giving a cell away and taking it back.
#include "server/shard/cell_keeper.h"

#include <cassert>
#include <string>
#include <utility>

#include "base/log.h"
#include "server/core/slices.h"
#include "server/shard/agents.h"
#include "server/shard/cell_departure.h"
#include "server/shard/cell_forgetting.h"
#include "server/shard/cell_loading.h"
#include "server/shard/recovered_rows.h"

namespace herald::server {

CellKeeper::CellKeeper(const CellParts& parts, RecoveredRows& rows, Serve serve)
    : parts_(parts),
      context_(parts.context),
      rows_(rows),
      serve_(std::move(serve)),
      held_(context_) {
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
    auto departed = [this, cell, done = std::move(done)](bool is_gone) mutable {
        move(cell, is_gone ? CellInput::given : CellInput::kept);
        done(is_gone ? Left::given : Left::kept);
    };
    std::make_shared<CellDeparture>(parts_, cell, std::move(departed))->begin();
}

void CellKeeper::load(Cell cell, std::unique_ptr<store::CellRows> part, base::WallTime not_before,
                      base::Task<void()> done) {
    move(cell, CellInput::ours);
    const auto loading =
        std::make_shared<CellLoading>(context_, rows_, cell, std::move(part), not_before);
    in_turns(
        context_.loop, [loading] { return loading->step(); },
        [this, cell, done = std::move(done)]() mutable {
            move(cell, CellInput::loaded);
            come_back(cell);
            if (done) done();
        });
}

void CellKeeper::come_back(Cell cell) {
    context_.rest.end(cell);
    held_.let_in(cell);
    in_turns(
        context_.loop, [this, cell] { return let_one_in(cell); }, [] {});
}

void CellKeeper::forget(Cell cell) {
    move(cell, CellInput::fenced);
    context_.rest.begin(cell);
    CellForgetting forgetting(parts_, cell);
    while (forgetting.step()) {
    }
}

/// As long as some wait, those that come wait behind them. False: nobody waits, or the cell goes
/// again.
bool CellKeeper::let_one_in(Cell cell) {
    if (standing(cell) != CellStanding::serving) return false;
    const auto held = held_.next(cell);
    if (!held) return false;
    if (const auto* request = context_.stack.request(held->transaction))
        serve_(held->transaction, *request, held->flow);
    return true;
}

}  // namespace herald::server
