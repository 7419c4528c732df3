// server/shard/cell_keeper.h: one shard's part in giving a cell away and taking it back.
//
//   leave(): requests wait -> it departs, or is kept (cell_departure.h)
//   load(): its rows come back (cell_loading.h) -> come_back(): what waited goes in, in order
#pragma once

#include <array>
#include <functional>
#include <memory>

#include "base/task.h"
#include "server/core/cell_state.h"
#include "server/shard/cell_parts.h"
#include "server/shard/held_requests.h"
#include "store/store.h"

namespace herald::server {

class RecoveredRows;

/// One per shard, on its thread; works in slices of a millisecond.
class CellKeeper {
public:
    enum class Left : std::uint8_t { given, kept };
    using Done = base::Task<void(Left)>;
    using Serve =
        std::function<void(sip::ServerTransactionId, const sip::Message&, const sip::Flow&)>;

    /// `serve` is handed what waited.
    CellKeeper(const CellParts& parts, RecoveredRows& rows, Serve serve);

    CellStanding standing(Cell cell) const noexcept {
        return standings_[static_cast<std::size_t>(cell)];
    }
    HeldRequests& held() noexcept { return held_; }

    /// Of a cell that is served. Requests for it wait until come_back().
    void leave(Cell cell, Done done);
    /// A cell that went is this process's again: this shard's part of its rows. Its epoch was
    /// raised before, durably. Confirmations nobody needs are removed. Then it comes back, and
    /// `done` is called.
    void load(Cell cell, std::unique_ptr<store::CellRows> part, base::WallTime not_before,
              base::Task<void()> done = {});
    /// It is in memory again, or never left.
    void come_back(Cell cell);
    /// It is somebody else's already: it leaves memory at once. No change of it is under way.
    void forget(Cell cell);

private:
    bool let_one_in(Cell cell);
    /// The only way a cell changes its standing.
    void move(Cell cell, CellInput input);

    const CellParts parts_;
    Context& context_;
    RecoveredRows& rows_;
    const Serve serve_;
    HeldRequests held_;
    std::array<CellStanding, kCells> standings_;
    std::array<base::Counter*, kCellInputs> moves_{};
};

}  // namespace herald::server
