// sip/stream_output.cpp: what is queued for streams, and what their peers make them hold.
#include "sip/stream_output.h"

#include <utility>

#include <sys/socket.h>

namespace herald::sip {
namespace {

/// A peer that leaves this much unread is not read from.
constexpr std::size_t kPauseAt = 128 << 10;

}  // namespace

StreamOutput::StreamOutput(base::Loop& loop, base::Metrics& metrics, StreamTable& table,
                           std::shared_ptr<StreamLimits> limits, std::size_t most)
    : loop_(loop),
      table_(table),
      limits_(std::move(limits)),
      most_(most),
      unfinished_(metrics.counter("herald_sip_unfinished_refused_total",
                                  "Streams closed because unfinished messages take too much")) {}

bool StreamOutput::send(std::uint32_t slot, std::string_view bytes) {
    Stream& stream = table_[slot];
    // What a peer that does not read misses it cannot be told later either.
    if (stream.unsent() + bytes.size() > most_) return fail(slot), false;
    if (stream.out.empty()) stream.out = spare_.take();
    stream.channel.send(bytes, stream.out);
    mark(slot);
    return true;
}

void StreamOutput::mark(std::uint32_t slot) {
    if (!std::exchange(table_[slot].is_marked, true)) marked_.push_back(table_.id_of(slot));
}

void StreamOutput::fail(std::uint32_t slot) {
    table_[slot].is_failed = true;
    mark(slot);
}

bool StreamOutput::write(std::uint32_t slot) {
    Stream& stream = table_[slot];
    const bool is_draining = stream.state == Stream::State::draining;
    if (!stream.channel.flush(stream.out)) return false;
    if (is_draining) stream.channel.end(stream.out);
    if (!stream.write_out(loop_.now())) return false;
    const std::size_t unread = stream.out.size() - stream.written;
    stream.is_full = unread > (stream.is_full ? kPauseAt / 2 : kPauseAt);
    if (unread == 0) {
        spare_.give_back(stream.out);
        stream.written = 0;
        if (is_draining) shutdown(stream.socket.fd(), SHUT_WR);
    } else if (stream.written > stream.out.size() / 2) {
        stream.out.erase(0, std::exchange(stream.written, 0));
    }
    weigh(slot);
    watch(stream);
    return true;
}

/// A message that comes in parts takes room before anybody knows who sends it, and so does what a
/// peer does not read.
void StreamOutput::weigh(std::uint32_t slot) {
    Stream& stream = table_[slot];
    const std::size_t now = stream.burden();
    if (now == stream.held) return;
    if (limits_->hold(stream.peer, stream.held, now)) {
        stream.held = now;
        return;
    }
    unfinished_.add();
    fail(slot);
}

void StreamOutput::let_go(Stream& stream) {
    limits_->hold(stream.peer, stream.held, 0);
    stream.held = 0;
    spare_.give_back(stream.out);
}

void StreamOutput::stop_reading() {
    is_reading_ = false;
    table_.for_each([this](std::uint32_t, const Stream& stream) { watch(stream); });
}

void StreamOutput::watch(const Stream& stream) {
    loop_.rewatch(stream.socket.fd(), stream.wanted_events(is_reading_));
}

}  // namespace herald::sip
