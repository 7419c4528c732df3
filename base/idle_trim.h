// base/idle_trim.h: gives memory back to the operating system when a busy time is over.
#pragma once

#include <cstdint>

#include "base/loop.h"

namespace herald::base {

/// Memory that a burst of requests needed stays with the allocator, spread over many pages, until
/// it is returned explicitly. That happens once, some time after the last request, when the
/// transactions of the burst have lapsed, and costs a few milliseconds while nothing else is going
/// on. One per shard; the last shard to become idle does the trim that matters.
class IdleTrim {
public:
    explicit IdleTrim(Loop& loop);
    /// Called for each request: the shard is not idle.
    void note_work() noexcept { is_due_ = true; }

private:
    void arm();
    void look();

    Loop& loop_;
    std::uint32_t quiet_looks_ = 0;
    bool is_due_ = false;
    bool was_busy_ = false;
};

}  // namespace herald::base
