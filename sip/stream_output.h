// sip/stream_output.h: what is queued for streams, written once a turn, and what their peers make
// them hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "base/metrics.h"
#include "sip/spare_buffers.h"
#include "sip/stream_limits.h"
#include "sip/stream_table.h"

namespace herald::sip {

/// One of a shard. Closes nothing: it says what is to be closed.
class StreamOutput {
public:
    /// `most` bytes wait for one peer. Loop and table outlive this.
    StreamOutput(base::Loop& loop, base::Metrics& metrics, StreamTable& table,
                 std::shared_ptr<StreamLimits> limits, std::size_t most);

    /// Queues a message. False: the peer does not read, and the stream is marked as failed.
    bool send(std::uint32_t slot, std::string_view bytes);
    /// Something waits, or it failed: the next flush() looks at it.
    void mark(std::uint32_t slot);
    bool has_any() const noexcept { return !marked_.empty(); }
    /// Calls visit(slot) for each that was marked; those marked meanwhile wait for the next time.
    template <class Visit>
    void flush(Visit visit) {
        flushing_.swap(marked_);
        for (const base::SlotId id : flushing_) {
            Stream* const stream = table_.find(id);
            if (stream == nullptr) continue;
            stream->is_marked = false;
            visit(id.slot);
        }
        flushing_.clear();
    }
    /// False: there is no connection any more.
    bool write(std::uint32_t slot);
    /// Tells the limits what it holds. Where that is too much it is marked as failed.
    void weigh(std::uint32_t slot);
    /// It holds nothing more.
    void let_go(Stream& stream);
    /// Nothing is read from now on.
    void stop_reading();

    bool is_reading() const noexcept { return is_reading_; }

private:
    void fail(std::uint32_t slot);
    void watch(const Stream& stream);

    base::Loop& loop_;
    StreamTable& table_;
    const std::shared_ptr<StreamLimits> limits_;
    const std::size_t most_;
    base::Counter& unfinished_;
    SpareBuffers spare_;
    std::vector<base::SlotId> marked_;
    std::vector<base::SlotId> flushing_;  ///< those of this flush()
    bool is_reading_ = true;
};

}  // namespace herald::sip
