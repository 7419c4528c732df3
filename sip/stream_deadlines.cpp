// sip/stream_deadlines.cpp: when streams have been silent for too long.
#include "sip/stream_deadlines.h"

#include <utility>

namespace herald::sip {
StreamDeadlines::StreamDeadlines(base::Loop& loop, StreamTable& table,
                                 const StreamPatience& patience, Late late)
    : loop_(loop),
      table_(table),
      patience_(patience),
      late_(std::move(late)),
      owner_(loop.timers().add_owner(
          [this](std::uint64_t payload) { on_timer(base::SlotId::of(payload)); })) {}

void StreamDeadlines::arm(std::uint32_t slot) {
    Stream& stream = table_[slot];
    disarm(stream);
    stream.timer =
        loop_.timers().arm(owner_, table_.id_of(slot).number(), stream.deadline(patience_));
}

void StreamDeadlines::on_timer(base::SlotId id) {
    const Stream* const stream = table_.find(id);
    if (stream == nullptr) return;
    if (loop_.now() < stream->deadline(patience_)) return arm(id.slot);
    late_(id.slot);
}

}  // namespace herald::sip
