// server/core/resource_walk.h: all resources of a shard looked at one after the other, in slices
// between which the shard serves others.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include "base/time.h"
#include "server/core/tables.h"

namespace herald::server {

/// Where somebody is who looks at all of them. What comes meanwhile may be missed, and what goes
/// may be.
class ResourceWalk {
public:
    /// Calls `look(slot, resource)` for the next ones, for about a millisecond. False: those were
    /// the last.
    template <class Look>
    bool go_on(ResourceTable& resources, const base::Clock& clock, Look look) {
        constexpr auto kSlice = std::chrono::milliseconds(1);
        constexpr std::uint32_t kBetweenLooks = 16;  // at the clock
        const auto end = clock.now() + kSlice;
        bool has_more = true;
        while (has_more && clock.now() < end) {
            const auto first = std::exchange(next_, next_ + kBetweenLooks);
            has_more = resources.for_some(first, next_, look);
        }
        return has_more;
    }

private:
    std::uint32_t next_ = 0;  ///< slot
};

}  // namespace herald::server
