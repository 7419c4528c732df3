// store/lane.h: group commit: many ports hand over changes, and one ledger commits all that are
// waiting at once.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/loop.h"
#include "base/metrics.h"
#include "base/task.h"
#include "store/ledger.h"
#include "store/store.h"

namespace herald::store {

/// An idle lane commits a change at once; a busy one takes all that arrived during its last commit,
/// up to the batch limit, and never waits for more.
class Lane {
public:
    /// The thread starts when a loop with a port turns: until then recovery has the ledger to
    /// itself. With `is_inline` there is no thread: handing over a
    /// change commits it before the call returns.
    Lane(Ledger& ledger, const StoreOptions& options, base::Metrics& metrics);
    ~Lane();
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    std::unique_ptr<Port> attach(base::Loop& loop);
    /// Commits everything that waits and ends the thread. No loop with a port may run meanwhile.
    void drain();

private:
    class LanePort;
    /// What a port and the lane share; outlives both as long as a batch is under way.
    struct Link;
    /// The changes one port handed over at the end of one turn.
    struct Parcel {
        std::shared_ptr<Link> link;
        std::shared_ptr<std::vector<Change>> changes;
        std::vector<std::uint64_t> wanted;  ///< messages to read after the changes
        std::vector<Cell> cells;            ///< likewise
        std::size_t taken = 0;              ///< of the changes, by batches
    };
    /// What one commit takes from the parcels.
    struct Batch {
        struct Share {
            std::shared_ptr<Link> link;
            std::vector<Outcome> outcomes;
        };
        std::vector<const Change*> changes;
        std::vector<std::size_t> share_of;  ///< for each change, an index of `shares`
        std::vector<Share> shares;          ///< one for each port
        std::vector<std::shared_ptr<std::vector<Change>>> owners;
        struct Reading {
            std::shared_ptr<Link> link;
            std::vector<std::uint64_t> wanted;
            std::vector<Cell> cells;
        };
        std::vector<Reading> readings;

        bool is_empty() const noexcept { return changes.empty() && readings.empty(); }
        void add(const Parcel& parcel, std::size_t count);
    };

    void hand_over(const std::shared_ptr<Link>& link);
    void begin();
    /// With the mutex held.
    void start_thread();
    void tick_inline(base::Instant now);
    void commit_inline();
    void run();
    /// With the mutex held.
    Batch take();
    void commit(Batch batch);
    void read(const Batch& batch);
    /// Shows how many changes wait, of which so many came or went. With the mutex held.
    void show_queue(std::size_t came, std::size_t went);

    Ledger& ledger_;
    const StoreOptions options_;
    base::Counter& queue_;  ///< gauge
    std::atomic<std::size_t> waiting_{0};
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Parcel> parcels_;
    std::size_t uncommitted_ = 0;  ///< changes in the parcels and in a commit
    std::vector<std::weak_ptr<Link>> links_;
    bool is_asleep_ = false;
    bool is_stopping_ = false;
    base::Instant ticked_{};  ///< inline only
    std::atomic<bool> has_thread_{false};
    std::thread thread_;
};

}  // namespace herald::store
