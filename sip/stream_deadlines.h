// sip/stream_deadlines.h: when streams have been silent for too long.
#pragma once

#include <cstdint>

#include "base/loop.h"
#include "base/task.h"
#include "sip/stream_table.h"

namespace herald::sip {

/// One of a shard. A timer is not moved with every byte: it looks again when it fires.
class StreamDeadlines {
public:
    /// Called with the slot of a stream that is late. The table outlives this.
    using Late = base::Task<void(std::uint32_t slot)>;

    StreamDeadlines(base::Loop& loop, StreamTable& table, const StreamPatience& patience,
                    Late late);

    /// After a change that may bring the deadline nearer.
    void arm(std::uint32_t slot);
    void disarm(Stream& stream) { loop_.timers().cancel(stream.timer); }

private:
    void on_timer(base::SlotId id);

    base::Loop& loop_;
    StreamTable& table_;
    const StreamPatience patience_;
    Late late_;
    const base::Timers::Owner owner_;
};

}  // namespace herald::sip
