// base/idle_trim.h: gives memory back to the operating system when a busy time is over.
#pragma once

#include <cstdint>

#include "base/loop.h"

namespace herald::base {

/// What a storm of requests needed stays with the allocator, spread over many pages, unless
/// somebody asks for it back. Done once a while after the last request, when the transactions of
/// the storm have lapsed; costs some milliseconds, in a quiet time. One per shard; the last one to
/// rest is the one that matters.
class IdleTrim {
public:
    explicit IdleTrim(Loop& loop);
    /// Something was done.
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
