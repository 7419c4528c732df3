// sip/streams.cpp: streams of messages over TCP, TLS and WebSocket (RFC 3261 18, 5626 4.4.1, 5923,
// 7118).
#include "sip/streams.h"

#include <cerrno>

#include <sys/epoll.h>
#include <sys/socket.h>

namespace herald::sip {
namespace {

using State = Stream::State;

int error_of(const Socket& socket) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
    return error;
}

std::shared_ptr<StreamLimits> limits_of(const StreamOptions& options) {
    if (options.limits_of_all) return options.limits_of_all;
    return std::make_shared<StreamLimits>(StreamLimits::Most());
}

}  // namespace

Streams::Streams(base::Loop& loop, base::Metrics& metrics, const StreamOptions& options,
                 TransportSink* const& sink)
    : loop_(loop),
      parse_limits_(options.limits),
      sink_(sink),
      limits_(limits_of(options)),
      table_(options.shard, metrics),
      layers_(metrics, options.limits, options.web, options.clients),
      deadlines_(loop, table_, options.patience, [this](std::uint32_t slot) { on_late(slot); }),
      output_(loop, metrics, table_, limits_, options.out_buffer),
      input_({loop, metrics, table_, layers_, output_, deadlines_, sink}),
      acceptor_(loop, metrics, *limits_,
                [this](Socket socket, const Endpoint& peer, const StreamListener& listener) {
                    admit(std::move(socket), peer, listener);
                }) {}

Streams::~Streams() {
    table_.for_each([this](std::uint32_t slot, Stream&) { let_go(slot); });
}

void Streams::listen(Socket socket, const StreamListener& listener) {
    acceptor_.listen(std::move(socket), listener);
}

Result<Flow> Streams::open(const Endpoint& peer, const StreamListener& listener,
                           std::string_view domain) {
    const std::uint32_t slot = table_.find_to(peer, listener.protocol, domain);
    if (slot != StreamTable::kNone) return table_.flow_of(slot);
    auto layers = layers_.to(domain, listener.protocol);
    if (!layers) return layers.fault();
    Result<Socket> socket = connect_socket(peer);
    if (!socket) return socket.fault();
    if (!limits_->enter(peer)) {
        return Fault{FaultKind::limit_reached, "too many connections are open"};
    }
    return add({.socket = *std::move(socket),
                .peer = peer,
                .listener = listener,
                .layers = *std::move(layers),
                .state = State::connecting});
}

bool Streams::send(const Flow& flow, std::string_view bytes) {
    const Stream* const stream = table_.find(flow);
    return stream != nullptr && stream->is_good() && output_.send(flow.slot, bytes);
}

bool Streams::is_open(const Flow& flow) const {
    const Stream* const stream = table_.find(flow);
    return stream != nullptr && stream->is_good();
}

void Streams::expect(const Flow& flow, base::Duration limit) {
    Stream* const stream = table_.find(flow);
    if (stream == nullptr || stream->silence == limit) return;
    stream->silence = limit;
    if (stream->state == State::open) deadlines_.arm(flow.slot);
}

void Streams::flush() {
    // What hears of a closed flow may send on others: those wait for the next turn.
    output_.flush([this](std::uint32_t slot) {
        const Stream& stream = table_[slot];
        if (stream.is_failed) return close(slot);
        if (stream.state != State::connecting) write(slot);
    });
}

void Streams::stop_input() {
    acceptor_.stop();
    output_.stop_reading();
}

/// Counted in already.
void Streams::admit(Socket socket, const Endpoint& peer, const StreamListener& listener) {
    auto layers = layers_.of(listener);
    if (!layers) return limits_->leave(peer);
    static_cast<void>(add({.socket = std::move(socket),
                           .peer = peer,
                           .listener = listener,
                           .layers = *std::move(layers),
                           .state = State::open}));
}

Result<Flow> Streams::add(Beginning beginning) {
    Stream made{.socket = std::move(beginning.socket),
                .peer = beginning.peer,
                .channel = Channel(parse_limits_, std::move(beginning.layers))};
    made.active = made.since = made.born = made.heard = loop_.now();
    made.listener = beginning.listener.number;
    made.protocol = beginning.listener.protocol;
    made.state = beginning.state;
    made.is_guest = made.state == State::open;
    const base::SlotId id = table_.add(std::move(made));
    const Stream& stream = table_[id.slot];
    const Status watched =
        loop_.watch(stream.socket.fd(), stream.wanted_events(output_.is_reading()),
                    [this, id](std::uint32_t events) { on_ready(id, events); });
    if (!watched) {
        table_.remove(id.slot);
        limits_->leave(beginning.peer);
        return watched.fault();
    }
    deadlines_.arm(id.slot);
    return table_.flow_of(id.slot);
}

void Streams::on_ready(base::SlotId id, std::uint32_t events) {
    const Stream* const stream = table_.find(id);
    if (stream == nullptr) return;
    if (stream->state == State::connecting) return on_connected(id.slot);
    if ((events & EPOLLOUT) != 0 && !output_.write(id.slot)) return close(id.slot);
    if (stream->state == State::draining) {
        if (!input_.discard(id.slot)) close(id.slot);
        return;
    }
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) read(id.slot);
}

void Streams::on_connected(std::uint32_t slot) {
    Stream& stream = table_[slot];
    if (error_of(stream.socket) != 0) return close(slot);
    stream.state = State::open;
    stream.active = stream.since = loop_.now();
    if (const Status begun = stream.channel.begin(stream.out); !begun) {
        return fail(slot, begun.fault());
    }
    if (!stream.channel.is_up()) deadlines_.arm(slot);
    write(slot);
}

void Streams::on_late(std::uint32_t slot) {
    const Stream& stream = table_[slot];
    if (stream.state != State::open) return close(slot);
    if (stream.channel.is_up()) return hang_up(slot);
    fail(slot, {FaultKind::timeout, "no handshake in time"});
}

void Streams::read(std::uint32_t slot) {
    const auto end = input_.read(slot);
    if (!end) return;
    switch (end->why) {
        case StreamEnd::Why::broken:
            return close(slot);
        case StreamEnd::Why::said_goodbye:
            return hang_up(slot);
        case StreamEnd::Why::unframeable:
            return drain(slot);
        case StreamEnd::Why::unprotected:
            return fail(slot, end->fault);
    }
}

void Streams::write(std::uint32_t slot) {
    if (!output_.write(slot)) close(slot);
}

/// What its last words wanted answered may still be read at the other end.
void Streams::hang_up(std::uint32_t slot) {
    Stream& stream = table_[slot];
    if (stream.state == State::open) {
        static_cast<void>(stream.channel.flush(stream.out));
        stream.channel.end(stream.out);
        static_cast<void>(output_.write(slot));
    }
    close(slot);
}

/// TLS is over: what it says of why is still sent.
void Streams::fail(std::uint32_t slot, const Fault& why) {
    layers_.note_failure(table_[slot], why, loop_.now());
    drain(slot);
}

/// Nothing after this point can be told apart. Closing at once would make the kernel reset the
/// connection, and with it the answer still on its way: so what comes is thrown away until the peer
/// closes.
void Streams::drain(std::uint32_t slot) {
    Stream& stream = table_[slot];
    const Flow flow = table_.flow_of(slot);
    stream.state = State::draining;
    layers_.forget(stream, flow);
    table_.hide(slot);
    stream.since = loop_.now();
    deadlines_.arm(slot);
    output_.mark(slot);
    sink_->on_flow_closed(flow);
}

void Streams::close(std::uint32_t slot) {
    const Flow flow = table_.flow_of(slot);
    const bool is_flow = table_[slot].state != State::draining;
    let_go(slot);
    table_.remove(slot);
    if (is_flow) sink_->on_flow_closed(flow);
}

/// Nothing of it is left but its place in the table.
void Streams::let_go(std::uint32_t slot) {
    Stream& stream = table_[slot];
    layers_.forget(stream, table_.flow_of(slot));
    deadlines_.disarm(stream);
    loop_.unwatch(stream.socket.fd());
    output_.let_go(stream);
    limits_->leave(stream.peer);
}

}  // namespace herald::sip
