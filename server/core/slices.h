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

/// Calls `each(id)` for all of `ids`, last one first: some now, the next ones a moment later. What
/// an id names may be gone by then. Whoever `each` belongs to outlives the loop's timers.
template <class Each>
void in_slices(base::Loop& loop, std::vector<base::SlotId> ids, Each each) {
    constexpr std::size_t kAtOnce = 256;
    constexpr auto kBetween = std::chrono::milliseconds(10);
    for (std::size_t n = 0; n < kAtOnce && !ids.empty(); ++n) {
        const auto id = ids.back();
        ids.pop_back();
        each(id);
    }
    if (ids.empty()) return;
    loop.timers().arm(
        loop.now() + kBetween,
        [&loop, each, ids = std::make_unique<std::vector<base::SlotId>>(std::move(ids))] {
            in_slices(loop, std::move(*ids), each);
        });
}

}  // namespace herald::server
