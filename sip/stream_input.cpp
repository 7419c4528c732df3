// sip/stream_input.cpp: what streams bring: read, made into messages, handed to the sink (RFC 3261
// 18.3).
#include "sip/stream_input.h"

#include <cerrno>
#include <utility>

#include <sys/socket.h>

namespace herald::sip {
namespace {

constexpr std::size_t kReadRoom = 64 << 10;
constexpr int kReadsPerTurn = 4;

bool is_nothing_yet(ssize_t size) {
    return size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

}  // namespace

std::optional<StreamEnd> StreamInput::read(std::uint32_t slot) {
    const Stream& stream = parts_.table[slot];
    if (!room_) room_ = std::make_unique_for_overwrite<char[]>(kReadRoom);
    for (int i = 0; i < kReadsPerTurn; ++i) {
        const bool may_read = parts_.output.is_reading() && !stream.is_full && !stream.is_failed;
        if (i > 0 && !may_read) return std::nullopt;
        if (!parts_.layers.may_step(stream.channel)) return std::nullopt;
        const ssize_t size = recv(stream.socket.fd(), room_.get(), kReadRoom, MSG_DONTWAIT);
        if (is_nothing_yet(size)) return std::nullopt;
        if (size < 0) return StreamEnd{StreamEnd::Why::broken};
        if (size == 0) return StreamEnd{StreamEnd::Why::said_goodbye};
        const auto bytes = static_cast<std::size_t>(size);
        if (auto end = hear(slot, {room_.get(), bytes})) return end;
        if (bytes < kReadRoom) return std::nullopt;
    }
    return std::nullopt;
}

std::optional<StreamEnd> StreamInput::hear(std::uint32_t slot, std::string_view wire) {
    Stream& stream = parts_.table[slot];
    const bool was_secured = stream.channel.is_secured();
    const Status received = stream.channel.receive(wire, plain_, stream.out);
    if (!was_secured && stream.channel.is_secured())
        parts_.layers.note_handshake(stream, parts_.table.flow_of(slot));
    const bool can_go_on = deliver(slot);
    // The peer waits for its part of a handshake, and what waited for that may go now.
    if (!stream.out.empty() || stream.channel.waiting() != 0) parts_.output.mark(slot);
    if (!can_go_on) return StreamEnd{StreamEnd::Why::unframeable};
    if (!received) return StreamEnd{StreamEnd::Why::unprotected, received.fault()};
    if (stream.channel.has_ended()) return StreamEnd{StreamEnd::Why::said_goodbye};
    return std::nullopt;
}

/// False: what follows cannot be told apart.
bool StreamInput::deliver(std::uint32_t slot) {
    // Stays in place throughout: what is called here closes nothing at once.
    Stream& stream = parts_.table[slot];
    const Flow flow = parts_.table.flow_of(slot);
    bool message_came = false;
    while (auto event = stream.channel.next(stream.out)) {
        switch (event->kind) {
            case StreamEvent::Kind::message:
                message_came = true;
                parts_.sink->on_message(event->bytes, flow, stream.channel.framing());
                break;
            case StreamEvent::Kind::ping:
                if (stream.is_good()) parts_.output.send(slot, "\r\n");
                break;
            case StreamEvent::Kind::unframeable:
                parts_.sink->on_unframeable(event->bytes, flow, event->why);
                return false;
            case StreamEvent::Kind::ended:
                count_end(event->reason);
                return false;
        }
    }
    note(slot, message_came);
    return true;
}

void StreamInput::note(std::uint32_t slot, bool message_came) {
    Stream& stream = parts_.table[slot];
    stream.active = stream.heard = parts_.loop.now();
    if (message_came) stream.is_guest = false;
    parts_.output.weigh(slot);
    if (!stream.channel.is_up()) return;
    const bool was_partial = stream.is_partial;
    stream.is_partial = stream.channel.is_partial();
    if (!stream.is_partial || (was_partial && !message_came)) return;
    stream.since = parts_.loop.now();
    parts_.deadlines.arm(slot);
}

void StreamInput::count_end(const char* why) {
    parts_.metrics
        .counter("herald_websocket_ended_total", "WebSockets that were refused, or ended in words",
                 {{"reason", why}})
        .add();
}

bool StreamInput::discard(std::uint32_t slot) {
    const Stream& stream = parts_.table[slot];
    char nowhere[4096];
    for (int i = 0; i < kReadsPerTurn; ++i) {
        const ssize_t size = recv(stream.socket.fd(), nowhere, sizeof nowhere, MSG_DONTWAIT);
        if (size <= 0) return is_nothing_yet(size);
    }
    return true;
}

}  // namespace herald::sip
