// server/shard/own_cells.h: the cells of a process, all of which are its own: given away and taken
// back at run time.
//
//   leave in every shard -> epoch + 1, durably -> rows read, once -> each shard its part -> what
//   waited goes in
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/result.h"
#include "server/core/cell_epochs.h"
#include "server/core/operations.h"
#include "server/shard/shard.h"

namespace herald::server {

/// Used by any thread but those of the shards. One cell at a time is on its way, on a thread of its
/// own, and as long as one is no operator's operation is under way.
class OwnCells {
public:
    /// Whoever asked waits no longer; what he asked for goes on.
    static constexpr auto kPatience = Operations::kPatience;

    /// All outlive it; the shards' loops run until stop() has returned.
    OwnCells(std::vector<Shard*> shards, CellEpochs& epochs, Operations& operations)
        : shards_(std::move(shards)), epochs_(epochs), operations_(operations) {}
    ~OwnCells() { stop(); }

    /// Gives a cell away, to this process itself. Nobody outside notices: requests wait, and no
    /// watcher is told what he knows. Takes some milliseconds, seconds where watchers do not
    /// answer, and as long as the store is away. Faults: conflict (changes were under way for too
    /// long: it was kept), unavailable (the server stops), timeout (it goes on), limit_reached.
    Status give(Cell cell);
    /// From now on no cell is given; waits for the one that is, for some seconds where the store is
    /// away.
    void stop();

private:
    struct Order {
        Cell cell;
        std::optional<Status> outcome{};
    };
    using OrderPtr = std::shared_ptr<Order>;

    void run();
    Status carry_out(Cell cell);
    /// Where all shards gave what they had; false: at least one kept it.
    std::vector<bool> leave(Cell cell);
    Result<store::CellRowsPtr> take(Cell cell);
    Status raise(Cell cell);
    Result<store::CellRowsPtr> read(Cell cell);
    void hand_out(Cell cell, store::CellRows rows, const std::vector<bool>& has_given);
    /// False: the server stops.
    bool pause(std::chrono::milliseconds time);
    template <class T, class Work>
    std::vector<std::optional<T>> ask(const std::vector<Shard*>& shards, Work work);
    template <class T, class Work>
    std::optional<T> ask_first(Work work);

    const std::vector<Shard*> shards_;
    CellEpochs& epochs_;
    Operations& operations_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<OrderPtr> orders_;
    bool is_stopping_ = false;
    std::chrono::steady_clock::time_point deadline_{};  ///< once it stops
    std::thread thread_;                                ///< from the first order on
};

}  // namespace herald::server
