// server/core/cell_rest.h: cells that are on their way: nothing about them begins, and nobody is
// told anything of them, until they are served again.
//
//   begin() -> what is posted about the cell waits, what runs out waits, no NOTIFY leaves -> end()
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "base/listeners.h"
#include "base/task.h"
#include "store/row_number.h"

namespace herald::server {

/// One per shard, on its thread.
class CellRest {
public:
    using Cell = store::Cell;
    using Work = base::Task<void()>;

    CellRest();

    /// Of one cell. What is posted beyond that is lost, as it is where a cell is nobody's: whoever
    /// follows what is in it asks anew when it is loaded.
    static constexpr std::size_t kMost = 10'000;

    bool is_at_rest(Cell cell) const noexcept { return resting_.test(index(cell)); }
    bool has_any() const noexcept { return resting_.any(); }
    void begin(Cell cell) noexcept { resting_.set(index(cell)); }
    /// What waited is done, in order, and the listeners are told.
    void end(Cell cell);
    /// Adds a listener, called when a cell is at rest no more.
    void on_end(base::Task<void(Cell)> listener) { ended_.add(std::move(listener)); }
    /// Does it now, or once the cell is at rest no more.
    void run(Cell cell, Work work);

    /// That a change of a cell is still to be handed to the store; as long as a copy is kept the
    /// cell does not go. May outlive all this.
    using Promise = std::shared_ptr<const void>;
    Promise promise(Cell cell) const noexcept { return promises_[index(cell)]; }
    bool has_promises(Cell cell) const noexcept { return promises_[index(cell)].use_count() > 1; }

private:
    static constexpr std::size_t index(Cell cell) noexcept {
        return static_cast<std::size_t>(cell);
    }

    std::bitset<store::kCells> resting_;
    std::array<std::deque<Work>, store::kCells> waiting_;
    std::array<std::shared_ptr<const char>, store::kCells> promises_;
    base::Listeners<Cell> ended_;
};

}  // namespace herald::server
