// server/notify/fan_out_queue.h: the resources whose watchers are to be looked at, and their turns:
// in slices, round robin, so that nobody waits for a resource with many watchers.
//
//   add() -> [confirmation void?] -> queue -> slices of 128 watchers, turns of 256 or 1 ms -> visit
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_set>
#include <vector>

#include "base/task.h"
#include "server/core/context.h"
#include "server/notify/confirmations.h"

namespace herald::server {

/// One per shard, on its thread.
class FanOutQueue {
public:
    using Visit = base::Task<void(SubscriptionTable::Id watcher)>;

    /// `visit` is called at least once for each watcher of a resource after each of its changes,
    /// and may end that subscription.
    FanOutQueue(Context& context, Confirmations& confirmations, Visit visit);

    /// The resource changed: its watchers are visited in coming turns.
    void add(std::uint32_t resource);
    /// Nobody watches it here any more.
    void forget(std::uint32_t resource);

private:
    /// What is left of a turn.
    struct Budget {
        std::size_t visits;
        base::Instant end;
    };

    void push(std::uint32_t slot);
    void schedule();
    void take_turn();
    bool take_slice(std::uint32_t slot, Budget& budget);
    bool is_contradicted(const Resource& resource) const;
    void withdraw(std::uint32_t slot);
    void release(std::uint32_t slot);
    void finish(std::uint32_t slot);
    void wake(Cell cell);

    Context& context_;
    Confirmations& confirmations_;
    Visit visit_;
    std::deque<std::uint32_t> dirty_;
    std::vector<std::uint32_t> resting_;          ///< dirty ones whose cell is on its way
    std::unordered_set<std::uint32_t> withheld_;  ///< until their confirmation is void
    bool is_scheduled_ = false;
};

}  // namespace herald::server
