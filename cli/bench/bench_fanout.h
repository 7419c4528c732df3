// cli/bench/bench_fanout.h: which PUBLISH has reached how many of its watchers, and when it reached
// the last one.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "base/time.h"
#include "cli/bench/bench_histogram.h"

namespace herald::cli::bench {

/// A PUBLISH is finished when its 200 came and each watcher had a NOTIFY with its sequence number
/// or a later one: the server may coalesce.
class FanOut {
public:
    /// Most PUBLISHes of one presentity under way at once.
    static constexpr std::size_t kDepth = 8;

    FanOut(std::uint32_t presentities, base::Duration timeout)
        : presentities_(presentities), timeout_(timeout) {}

    /// From now on a watcher of `presentity` counts; no longer.
    void add_watcher(std::uint32_t presentity) { ++presentities_[presentity].watchers; }
    void remove_watcher(std::uint32_t presentity, std::uint64_t seen, base::Instant now);

    bool has_room(std::uint32_t presentity) const noexcept {
        return presentities_[presentity].pending.size() < kDepth;
    }
    bool is_pending(std::uint32_t presentity) const noexcept {
        return !presentities_[presentity].pending.empty();
    }
    /// A PUBLISH leaves. Sequence numbers of a presentity rise.
    void sent(std::uint32_t presentity, std::uint64_t sequence, base::Instant intended,
              base::Instant now);
    /// It was accepted; or it was not, and nobody waits for it.
    void accepted(std::uint32_t presentity, std::uint64_t sequence, base::Instant now);
    void dropped(std::uint32_t presentity, std::uint64_t sequence);
    /// A watcher that had `before` was told `after`.
    void told(std::uint32_t presentity, std::uint64_t before, std::uint64_t after,
              base::Instant now);
    /// Gives up those that are not finished for too long.
    void expire(base::Instant now);
    /// Gives all up, uncounted.
    void clear();

    /// The presentities with a PUBLISH finished or given up since the last call.
    std::vector<std::uint32_t>& finished() noexcept { return finished_; }
    std::size_t unfinished() const noexcept { return unfinished_; }
    std::uint64_t completed() const noexcept { return latencies_.count(); }
    std::uint64_t incomplete() const noexcept { return incomplete_; }
    /// The highest sequence number the server acknowledged; 0: none.
    std::uint64_t acknowledged(std::uint32_t presentity) const noexcept {
        return presentities_[presentity].acknowledged;
    }
    /// From the intended time of a PUBLISH to the last NOTIFY; without watchers to its 200.
    const Histogram& latencies() const noexcept { return latencies_; }
    void forget_latencies();

private:
    struct Pending {
        std::uint64_t sequence;
        base::Instant intended;
        base::Instant last;  ///< when it reached the last watcher
        std::uint32_t remaining;
        bool is_accepted;
    };
    struct Presentity {
        std::vector<Pending> pending;  ///< oldest first
        std::uint64_t acknowledged = 0;
        std::uint32_t watchers = 0;
    };
    struct Deadline {
        std::uint32_t presentity;
        std::uint64_t sequence;
        base::Instant at;
    };

    void finish(std::uint32_t presentity);
    Pending* find(std::uint32_t presentity, std::uint64_t sequence) noexcept;

    std::vector<Presentity> presentities_;
    std::deque<Deadline> deadlines_;
    std::vector<std::uint32_t> finished_;
    Histogram latencies_;
    base::Duration timeout_;
    std::size_t unfinished_ = 0;
    std::uint64_t incomplete_ = 0;
};

}  // namespace herald::cli::bench
