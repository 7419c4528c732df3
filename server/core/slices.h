// server/core/slices.h: much work of one kind in slices, so that others get their turn.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "base/slab.h"

namespace herald::server {

/// How long others have their turn between two slices.
struct UsualPause {
    std::chrono::milliseconds operator()() const noexcept { return std::chrono::milliseconds(10); }
};

/// Calls `step()` again and again, for about a millisecond in each turn of the loop from the next
/// one on, until it says that nothing is left; then `done()`. Whoever they belong to outlives the
/// loop.
template <class Step, class Done>
void in_turns(base::Loop& loop, Step step, Done done) {
    loop.post([&loop, step = std::move(step), done = std::move(done)]() mutable {
        constexpr auto kSlice = std::chrono::milliseconds(1);
        const auto end = loop.clock().now() + kSlice;
        bool has_more = true;
        while (has_more && loop.clock().now() < end) has_more = step();
        if (has_more) return in_turns(loop, std::move(step), std::move(done));
        done();
    });
}

/// Calls `each(id)` for all of `ids`, last one first: some now, the next ones after `pause()`;
/// fewer at once where each takes long. What an id names may be gone by then. Whoever `each` and
/// `pause` belong to outlives the loop's timers.
template <class Each, class Pause = UsualPause>
void in_slices(base::Loop& loop, std::vector<base::SlotId> ids, Each each, Pause pause = {}) {
    constexpr std::size_t kAtOnce = 256;
    constexpr auto kLongest = std::chrono::milliseconds(2);
    const auto end = loop.clock().now() + kLongest;
    for (std::size_t n = 0; n < kAtOnce && !ids.empty() && loop.clock().now() < end; ++n) {
        const auto id = ids.back();
        ids.pop_back();
        each(id);
    }
    if (ids.empty()) return;
    loop.timers().arm(
        loop.now() + pause(),
        [&loop, each, pause, ids = std::make_unique<std::vector<base::SlotId>>(std::move(ids))] {
            in_slices(loop, std::move(*ids), each, pause);
        });
}

}  // namespace herald::server
