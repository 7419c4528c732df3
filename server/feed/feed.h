// server/feed/feed.h: what happened lately in all shards: one bounded ring that programs outside
// read along.
//
//   shard --post()--> its inlet --the feed's thread--> the ring --read()--> streams, hooks
//
// A shard never waits: what its inlet has no room for is dropped, and what was lost is told in its
// place. Of the ring the oldest goes. Where nobody ever reads, nothing is posted.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/mailbox.h"
#include "base/metrics.h"
#include "base/task.h"
#include "server/feed/event.h"

namespace herald::server {

class Feed {
public:
    struct Setup {
        std::size_t bytes = 16 << 20;  ///< in all: a quarter of it on the way, the rest in the ring
        std::uint32_t run = 1;         ///< store::Home::epoch
        unsigned shards = 1;
        bool is_wanted = false;  ///< from the first event on, not only from want()
    };
    Feed(const Setup& setup, base::Metrics& metrics);
    /// No shard posts any more.
    ~Feed();
    Feed(const Feed&) = delete;
    Feed& operator=(const Feed&) = delete;

    /// Where one shard tells what happened, on its thread.
    class Inlet {
    public:
        /// Never waits. `event` gets its number later.
        void post(Event event);
        /// Until somebody is there to read, nobody need take the trouble to post().
        bool is_wanted() const noexcept {
            return feed_->is_wanted_.load(std::memory_order_relaxed);
        }

    private:
        friend class Feed;
        struct Posted {
            Event event;
            std::uint64_t lost_before = 0;  ///< events that had no room
        };
        static constexpr std::size_t kPlaces = 4096;

        Feed* feed_ = nullptr;
        std::size_t most_bytes_ = 0;
        base::Mailbox<Posted> posted_{kPlaces};
        std::atomic<std::size_t> bytes_{0};  ///< on the way
        std::uint64_t lost_ = 0;             ///< since the last that had room
        base::Counter* dropped_ = nullptr;
    };
    Inlet& inlet(unsigned shard) noexcept { return *inlets_[shard]; }

    // For readers, on any thread but a shard's.

    struct Page {
        std::vector<EventPtr> events;
        std::uint64_t lost = 0;  ///< before these: the ring holds them no more
    };
    /// From now on what happens is of interest, for as long as the process runs.
    void want() noexcept { is_wanted_.store(true, std::memory_order_relaxed); }
    /// What came after the event with this number, at most `most` of it.
    Page read(std::uint64_t after, std::size_t most) const;
    /// The number of the latest event; 0: none yet.
    std::uint64_t latest() const;
    std::uint32_t run() const noexcept { return run_; }

    /// Calls `listener` whenever something is new, on the feed's thread, until ignore() has
    /// returned. It must not wait.
    std::uint64_t listen(base::Task<void()> listener);
    void ignore(std::uint64_t listener);

    /// Brings what the shards posted so far into the ring.
    void collect();

private:
    void run_thread();
    void wake() noexcept;
    bool take(Inlet& inlet);
    void add(Event event);
    void tell();

    const std::uint32_t run_;
    const std::size_t most_bytes_;  ///< of the ring
    std::vector<std::unique_ptr<Inlet>> inlets_;
    std::mutex collecting_;
    mutable std::mutex mutex_;  ///< of the ring; no shard takes it
    std::deque<EventPtr> ring_;
    std::uint64_t latest_ = 0;
    std::size_t bytes_ = 0;
    std::mutex listening_;
    std::map<std::uint64_t, base::Task<void()>> listeners_;
    std::uint64_t next_listener_ = 1;
    std::vector<base::Counter*> told_;  ///< by kind
    base::Counter& held_bytes_;
    std::atomic<std::uint32_t> news_{0};  ///< 1: something was posted since the thread looked
    std::atomic<bool> is_wanted_;
    std::atomic<bool> is_stopping_{false};
    std::thread thread_;  ///< last: everything is there when it starts
};

}  // namespace herald::server
