// server/shard/own_cells.h: the cells of a process, all of which are its own: given away and taken
// back at run time.
//
//   leave in every shard -> epoch + 1, durably -> rows read, once -> each shard its part -> what
//   waited goes in
#pragma once

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "base/result.h"
#include "server/core/cell_epochs.h"
#include "server/shard/shard.h"

namespace herald::server {

/// Used by any thread but those of the shards; one cell at a time.
class OwnCells {
public:
    /// All outlive it; the shards' loops run.
    OwnCells(std::vector<Shard*> shards, CellEpochs& epochs)
        : shards_(std::move(shards)), epochs_(epochs) {}

    /// Gives a cell away, to this process itself. Nobody outside notices: requests wait, and no
    /// watcher is told what he knows. Blocks for some milliseconds, and seconds where watchers do
    /// not answer. Faults: conflict (changes were under way for too long: it was kept),
    /// unavailable (the store; tried again until `is_stopping`).
    Status give(Cell cell);
    /// From now on no cell is given; waits for the one that is. While the shards' loops run.
    void stop();

private:
    /// Where all shards gave what they had; false: at least one kept it.
    std::vector<bool> leave(Cell cell);
    Status raise(Cell cell);
    Result<store::CellRowsPtr> read(Cell cell);
    void hand_out(Cell cell, store::CellRows rows, const std::vector<bool>& has_given);

    const std::vector<Shard*> shards_;
    CellEpochs& epochs_;
    std::mutex one_at_a_time_;
    std::atomic<bool> is_stopping_{false};
};

}  // namespace herald::server
