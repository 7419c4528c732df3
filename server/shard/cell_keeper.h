// server/shard/cell_keeper.h: one shard's part in giving a cell away and taking it back.
//
//   leave(): requests wait -> nothing of it is under way -> what watchers are known to have is
//   written -> forgotten. Where that takes too long it is kept, and served on.
//   come_back(): what waited goes in, in order.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "base/task.h"
#include "server/core/cell_state.h"
#include "server/core/context.h"
#include "server/notify/confirmations.h"
#include "server/shard/held_requests.h"

namespace herald::server {

/// What the keeper has done by others.
struct CellKeeperParts {
    Context& context;
    Confirmations& confirmations;
    std::function<void(Cell)> forget;
    /// A message of the cell's users is on its way to a device.
    std::function<bool(Cell)> is_delivering;
    std::function<void(sip::ServerTransactionId, const sip::Message&, const sip::Flow&)> serve;
};

/// One per shard, on its thread.
class CellKeeper {
public:
    enum class Left : std::uint8_t { given, kept };
    using Done = base::Task<void(Left)>;

    explicit CellKeeper(CellKeeperParts parts);

    CellStanding standing(Cell cell) const noexcept {
        return standings_[static_cast<std::size_t>(cell)];
    }
    HeldRequests& held() noexcept { return held_; }

    /// Of a cell that is served. Requests for it wait until come_back().
    void leave(Cell cell, Done done);
    /// Its rows are about to be read.
    void take(Cell cell) { move(cell, CellInput::ours); }
    /// It is in memory again, or never left.
    void come_back(Cell cell);

private:
    struct Departure {
        Cell cell{};
        base::Instant begun{};
        bool is_confirmed = false;
        Done done;
    };
    using DeparturePtr = std::shared_ptr<Departure>;

    void look(const DeparturePtr& departure);
    bool has_changes(Cell cell) const;
    bool has_flights(Cell cell) const;
    void end(const DeparturePtr& departure, CellInput input);
    /// The only way a cell changes its standing.
    void move(Cell cell, CellInput input);

    const CellKeeperParts parts_;
    Context& context_;
    HeldRequests held_;
    std::array<CellStanding, kCells> standings_;
    std::array<base::Counter*, kCellInputs> moves_{};
};

}  // namespace herald::server
