// server/core/cell_epochs.h: which block of CSeqs the rows of each cell are written with.
#pragma once

#include <array>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "server/core/bucket.h"

namespace herald::server {

/// One for all shards of a process. An epoch rises with each taking of its cell, durably before
/// anything of the cell is loaded: so a CSeq is never used twice.
class CellEpochs {
public:
    /// All cells begin with that of the start.
    explicit CellEpochs(std::uint32_t start) {
        for (auto& epoch : epochs_) epoch = start;
    }
    std::uint32_t of(Cell cell) const noexcept {
        return epochs_[static_cast<std::size_t>(cell)].load(std::memory_order_relaxed);
    }
    /// While the cell is forgotten in all shards.
    void raise(Cell cell, std::uint32_t epoch) noexcept {
        assert(epoch > of(cell));
        epochs_[static_cast<std::size_t>(cell)].store(epoch, std::memory_order_relaxed);
    }

private:
    std::array<std::atomic<std::uint32_t>, kCells> epochs_;
};

}  // namespace herald::server
