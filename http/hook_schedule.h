// http/hook_schedule.h: which event is posted next, and when, while some are not taken: a pure
// table.
//
//   waiting --posted, taken--------------------> gone
//      |----posted, refused: it and all of its resource behind it wait, ever longer
//      |----posted, nobody there: everything waits, ever longer
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/text_map.h"
#include "base/time.h"
#include "server/feed/hook_queue.h"

namespace herald::http {

class HookSchedule {
public:
    void add(server::QueuedEvent event);
    bool is_empty() const noexcept { return events_.empty(); }
    std::size_t size() const noexcept { return events_.size(); }
    /// The highest id there was; 0: none yet.
    std::uint64_t last() const noexcept { return last_; }

    /// The oldest that may be posted now; nullptr: none.
    const server::QueuedEvent* due(base::Instant now) const;
    /// When one may be; nullopt: nothing waits.
    std::optional<base::Instant> next() const;

    void taken(std::uint64_t id);
    /// The answer was no 2xx.
    void refused(std::uint64_t id, base::Instant now);
    /// There was no answer.
    void unreachable(base::Instant now);
    /// Takes out what happened before `then`.
    std::vector<std::uint64_t> give_up(base::WallTime then);
    /// The store has none before `id` any more: they were posted, or gave way to newer ones.
    void forget_before(std::uint64_t id);

private:
    struct Pause {
        base::Instant until{};
        unsigned failures = 0;
    };
    static void lengthen(Pause& pause, base::Instant now);

    std::map<std::uint64_t, server::QueuedEvent> events_;  ///< the oldest first
    base::TextMap<Pause> paused_;                          ///< by resource
    Pause away_;
    std::uint64_t last_ = 0;
};

}  // namespace herald::http
