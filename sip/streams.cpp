// sip/streams.cpp: streams of messages over TCP, TLS and WebSocket (RFC 3261 18, 5626 4.4.1, 5923,
// 7118).
#include "sip/streams.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/id.h"
#include "base/log.h"

namespace herald::sip {
namespace {

constexpr std::size_t kReadRoom = 64 << 10;
constexpr int kReadsPerTurn = 4;
constexpr int kAcceptsPerTurn = 64;
constexpr int kHandshakesPerTurn = 8;
/// A peer that leaves this much unread is not read from.
constexpr std::size_t kPauseAt = 128 << 10;
/// A connection whose framing is lost waits so long for its peer to read the 400.
constexpr auto kDrainTime = std::chrono::seconds(2);
constexpr auto kAcceptPause = std::chrono::milliseconds(100);
/// A lack of descriptors is logged once in this time.
constexpr auto kShortTold = std::chrono::minutes(1);

std::uint64_t payload_of(base::SlotId id) {
    return std::uint64_t{id.generation} << 32 | id.slot;
}

int error_of(const Socket& socket) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
    return error;
}

}  // namespace

Streams::Streams(base::Loop& loop, base::Metrics& metrics, const StreamOptions& options,
                 TransportSink* const& sink)
    : loop_(loop),
      metrics_(metrics),
      options_(options),
      web_rules_(std::make_shared<WebSocketRules>(options.web)),
      sink_(sink),
      owner_(loop.timers().add_owner([this](std::uint64_t payload) { on_timer(payload); })),
      seed_(base::random_u64()),
      open_count_(metrics.gauge("herald_sip_connections", "Streams open or being opened")),
      refused_(metrics.counter("herald_sip_connections_refused_total",
                               "Streams closed at once because there are too many")),
      unfinished_(metrics.counter("herald_sip_unfinished_refused_total",
                                  "Streams closed because unfinished messages take too much")),
      full_handshakes_(metrics.counter("herald_tls_handshakes_total", "TLS handshakes done",
                                       {{"kind", "full"}})),
      resumed_(metrics.counter("herald_tls_handshakes_total", "TLS handshakes done",
                               {{"kind", "resumed"}})),
      failures_(metrics),
      limits_(options.limits_of_all ? options.limits_of_all
                                    : std::make_shared<StreamLimits>(StreamLimits::Most())) {}

Streams::~Streams() {
    loop_.timers().cancel(resume_);
    for (const Listener& listener : listeners_) loop_.unwatch(listener.socket.fd());
    connections_.for_each([this](std::uint32_t slot, Connection& connection) {
        forget_client(slot);
        loop_.timers().cancel(connection.timer);
        loop_.unwatch(connection.socket.fd());
        limits_->hold(connection.peer, connection.held, 0);
        limits_->leave(connection.peer);
    });
    open_count_.set(0);
}

void Streams::listen(Socket socket, const StreamListener& listener) {
    const std::size_t index = listeners_.size();
    const Status watched =
        loop_.watch(socket.fd(), EPOLLIN, [this, index](std::uint32_t) { accept_from(index); });
    assert(watched);
    static_cast<void>(watched);
    listeners_.push_back({.socket = std::move(socket), .its = listener});
}

Result<Flow> Streams::open(const Endpoint& peer, const StreamListener& listener,
                           std::string_view domain) {
    const std::uint32_t slot = find_to(peer, listener.protocol, domain);
    if (slot != base::Index::kNone) return flow_of(slot);
    std::unique_ptr<TlsSession> session;
    if (listener.protocol == Protocol::tls) {
        session = context_ ? context_->connect(domain) : nullptr;
        if (!session) return Fault{FaultKind::unreachable, "there are no certificates"};
    }
    Result<Socket> socket = connect_socket(peer);
    if (!socket) return socket.fault();
    if (!limits_->enter(peer)) {
        return Fault{FaultKind::limit_reached, "too many connections are open"};
    }
    return add({.socket = *std::move(socket),
                .peer = peer,
                .listener = listener,
                .layers = {std::move(session), nullptr},
                .state = State::connecting});
}

/// One that carries messages to that address; with TLS only where its peer proved to be `domain`.
std::uint32_t Streams::find_to(const Endpoint& peer, Protocol protocol,
                               std::string_view domain) const {
    return by_peer_.find(peer.hash(seed_), [&](std::uint32_t at) {
        const Connection& its = connections_[at];
        if (its.peer != peer || its.protocol != protocol) return false;
        if (its.state == State::draining || its.is_failed) return false;
        const TlsSession* const session = its.channel.session();
        return session == nullptr || session->is_with(domain);
    });
}

bool Streams::send(const Flow& flow, std::string_view bytes) {
    Connection* const connection = find(flow);
    if (connection == nullptr || connection->is_failed || connection->state == State::draining) {
        return false;
    }
    const std::size_t unsent =
        connection->out.size() - connection->written + connection->channel.waiting();
    if (unsent + bytes.size() > options_.out_buffer) {
        // Its peer does not read; what it misses it cannot be told later either.
        connection->is_failed = true;
        mark_dirty(flow.slot);
        return false;
    }
    if (connection->out.empty()) connection->out = spare_.take();
    connection->channel.send(bytes, connection->out);
    mark_dirty(flow.slot);
    return true;
}

bool Streams::is_open(const Flow& flow) const {
    const Connection* const connection = find(flow);
    return connection != nullptr && !connection->is_failed && connection->state != State::draining;
}

void Streams::expect(const Flow& flow, base::Duration limit) {
    Connection* const connection = find(flow);
    if (connection == nullptr || connection->silence == limit) return;
    connection->silence = limit;
    if (connection->state == State::open) arm(flow.slot);
}

void Streams::flush() {
    // What hears of a closed flow may send on others: those wait for the next turn.
    flushing_.swap(dirty_);
    for (const base::SlotId id : flushing_) {
        Connection* const connection = connections_.find(id);
        if (connection == nullptr) continue;
        connection->is_dirty = false;
        if (connection->is_failed) {
            close(id.slot);
        } else if (connection->state != State::connecting) {
            write(id.slot);
        }
    }
    flushing_.clear();
}

void Streams::stop_input() {
    is_reading_ = false;
    for (const Listener& listener : listeners_) loop_.rewatch(listener.socket.fd(), 0);
    connections_.for_each([this](std::uint32_t slot, Connection&) { rewatch(slot); });
}

Flow Streams::flow_of(std::uint32_t slot) const {
    const Connection& connection = connections_[slot];
    return {.peer = connection.peer,
            .protocol = connection.protocol,
            .listener = connection.listener,
            .shard = static_cast<std::uint16_t>(options_.shard),
            .slot = slot,
            .generation = connections_.id_of(slot).generation};
}

Streams::Connection* Streams::find(const Flow& flow) {
    if (flow.shard != options_.shard) return nullptr;
    return connections_.find(base::SlotId{flow.slot, flow.generation});
}

const Streams::Connection* Streams::find(const Flow& flow) const {
    if (flow.shard != options_.shard) return nullptr;
    return connections_.find(base::SlotId{flow.slot, flow.generation});
}

Result<Flow> Streams::add(Beginning beginning) {
    const int fd = beginning.socket.fd();
    const Endpoint peer = beginning.peer;
    Connection made{.socket = std::move(beginning.socket),
                    .peer = peer,
                    .channel = Channel(options_.limits, std::move(beginning.layers))};
    made.active = made.since = made.born = made.heard = loop_.now();
    made.listener = beginning.listener.number;
    made.protocol = beginning.listener.protocol;
    made.state = beginning.state;
    made.is_guest = made.state == State::open;
    const base::SlotId id = connections_.take(std::move(made));
    const Status watched = loop_.watch(fd, wanted_events(connections_[id.slot]),
                                       [this, id](std::uint32_t events) { on_ready(id, events); });
    if (!watched) {
        connections_.release(id);
        limits_->leave(peer);
        return watched.fault();
    }
    by_peer_.insert(peer.hash(seed_), id.slot);
    open_.open(id.slot, id.generation);
    open_count_.add();
    arm(id.slot);
    return flow_of(id.slot);
}

/// Without a word to the sink.
void Streams::remove(std::uint32_t slot) {
    forget_client(slot);
    Connection& connection = connections_[slot];
    loop_.timers().cancel(connection.timer);
    loop_.unwatch(connection.socket.fd());
    by_peer_.erase(connection.peer.hash(seed_), slot);
    limits_->hold(connection.peer, connection.held, 0);
    limits_->leave(connection.peer);
    spare_.give_back(connection.out);
    open_.close(slot);
    connections_.release(slot);
    open_count_.subtract();
}

void Streams::close(std::uint32_t slot) {
    const Flow flow = flow_of(slot);
    const bool is_known = connections_[slot].state != State::draining;
    remove(slot);
    if (is_known) sink_->on_flow_closed(flow);
}

/// TLS is over: what it says of why is still sent.
void Streams::fail(std::uint32_t slot, const Fault& why) {
    const Connection& connection = connections_[slot];
    const TlsSession* const session = connection.channel.session();
    failures_.note(connection.peer, session ? session->domain() : std::string_view(), why,
                   loop_.now());
    drain(slot);
}

/// What its last words wanted answered may still be read at the other end.
void Streams::hang_up(std::uint32_t slot) {
    const base::SlotId id = connections_.id_of(slot);
    Connection& connection = connections_[slot];
    if (connection.state == State::open) {
        static_cast<void>(connection.channel.flush(connection.out));
        connection.channel.end(connection.out);
        write(slot);
    }
    if (connections_.holds(id)) close(slot);
}

void Streams::accept_from(std::size_t listener) {
    for (int i = 0; i < kAcceptsPerTurn && is_reading_; ++i) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        Socket socket(accept4(listeners_[listener].socket.fd(),
                              reinterpret_cast<sockaddr*>(&address), &size,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!socket) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                pause_accepting();
            }
            if (errno == ECONNABORTED || errno == EINTR) continue;
            return;
        }
        const Endpoint peer(reinterpret_cast<const sockaddr*>(&address));
        if (!limits_->enter(peer)) {
            refused_.add();
            continue;
        }
        admit(std::move(socket), peer, listeners_[listener].its);
    }
}

void Streams::admit(Socket socket, const Endpoint& peer, const StreamListener& listener) {
    auto layers = layers_of(listener);
    if (!layers) return limits_->leave(peer);
    static_cast<void>(add({.socket = std::move(socket),
                           .peer = peer,
                           .listener = listener,
                           .layers = *std::move(layers),
                           .state = State::open}));
}

/// nullopt: there is no certificate.
std::optional<Channel::Layers> Streams::layers_of(const StreamListener& listener) const {
    Channel::Layers layers;
    if (is_secure(listener.protocol)) {
        if (!context_ || !context_->can_serve()) return std::nullopt;
        layers.session = context_->accept(listener.clients);
        if (!layers.session) return std::nullopt;
    }
    if (listener.protocol == Protocol::ws || listener.protocol == Protocol::wss) {
        layers.web = std::make_unique<WebSocket>(options_.limits, web_rules_);
    }
    return layers;
}

/// Without descriptors the listeners would stay ready and the loop would spin.
void Streams::pause_accepting() {
    if (resume_) return;
    if (told_short_ == base::Instant{} || loop_.now() - told_short_ >= kShortTold) {
        told_short_ = loop_.now();
        base::log_warning("sip.accept_paused", {{"reason", "out of file descriptors"},
                                                {"connections", limits_->connections()}});
    }
    for (const Listener& listener : listeners_) loop_.rewatch(listener.socket.fd(), 0);
    resume_ = loop_.timers().arm(loop_.now() + kAcceptPause, [this] {
        resume_ = {};
        if (!is_reading_) return;
        for (const Listener& listener : listeners_) loop_.rewatch(listener.socket.fd(), EPOLLIN);
    });
}

void Streams::on_ready(base::SlotId id, std::uint32_t events) {
    const Connection* const connection = connections_.find(id);
    if (connection == nullptr) return;
    if (connection->state == State::connecting) return on_connected(id.slot);
    if (connection->state == State::draining) {
        if ((events & EPOLLOUT) != 0) write(id.slot);
        if (connections_.holds(id)) discard(id.slot);
        return;
    }
    if ((events & EPOLLOUT) != 0) write(id.slot);
    if (connections_.holds(id) && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) read(id.slot);
}

void Streams::on_connected(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    const int error = error_of(connection.socket);
    if (error != 0) return close(slot);
    connection.state = State::open;
    connection.active = connection.since = loop_.now();
    if (const Status begun = connection.channel.begin(connection.out); !begun) {
        return fail(slot, begun.fault());
    }
    if (!connection.channel.is_up()) arm(slot);
    write(slot);
}

void Streams::read(std::uint32_t slot) {
    const base::SlotId id = connections_.id_of(slot);
    for (int i = 0; i < kReadsPerTurn; ++i) {
        if (!may_read(connections_[slot]) || !read_once(slot)) return;
        const Connection* const connection = connections_.find(id);
        if (connection == nullptr || connection->state != State::open) return;
        if (!is_reading_ || connection->is_full || connection->is_failed) return;
    }
}

/// A handshake waits for a turn that has time for it.
bool Streams::may_read(const Connection& connection) {
    return connection.channel.is_secured() || handshakes_++ < kHandshakesPerTurn;
}

/// False: there is no more to read now, or no connection any more.
bool Streams::read_once(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    if (!room_) room_ = std::make_unique_for_overwrite<char[]>(kReadRoom);
    const ssize_t size = recv(connection.socket.fd(), room_.get(), kReadRoom, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return false;
    if (size <= 0) {
        size == 0 ? hang_up(slot) : close(slot);
        return false;
    }
    hear(slot, {room_.get(), static_cast<std::size_t>(size)});
    return static_cast<std::size_t>(size) == kReadRoom;
}

void Streams::hear(std::uint32_t slot, std::string_view wire) {
    Connection& connection = connections_[slot];
    const bool was_secured = connection.channel.is_secured();
    const Status received = connection.channel.receive(wire, plain_, connection.out);
    if (!was_secured && connection.channel.is_secured()) note_handshake(slot);
    deliver(slot);
    // The peer waits for its part of a handshake, and what waited for that may go now.
    if (!connection.out.empty() || connection.channel.waiting() != 0) mark_dirty(slot);
    if (connection.state != State::open) return;
    if (!received) return fail(slot, received.fault());
    if (connection.channel.has_ended()) hang_up(slot);
}

void Streams::note_handshake(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    const TlsSession& session = *connection.channel.session();
    (session.was_resumed() ? resumed_ : full_handshakes_).add();
    if (!options_.clients || !session.domain().empty()) return;
    auto names = session.peer_names();
    if (!names) return;
    base::log_info("tls.client",
                   {{"peer", connection.peer.to_string()}, {"certificate", shown(*names)}});
    options_.clients->put(flow_of(slot), *std::move(names));
    connection.is_known = true;
}

void Streams::forget_client(std::uint32_t slot) {
    if (!std::exchange(connections_[slot].is_known, false)) return;
    options_.clients->remove(flow_of(slot));
}

void Streams::deliver(std::uint32_t slot) {
    // Stays in place throughout: what is called here closes nothing at once.
    Connection& connection = connections_[slot];
    const Flow flow = flow_of(slot);
    bool message_came = false;
    while (auto event = connection.channel.next(connection.out)) {
        switch (event->kind) {
            case StreamEvent::Kind::message:
                message_came = true;
                sink_->on_message(event->bytes, flow, connection.channel.framing());
                break;
            case StreamEvent::Kind::ping:
                send(flow, "\r\n");
                break;
            case StreamEvent::Kind::unframeable:
                sink_->on_unframeable(event->bytes, flow, event->why);
                return drain(slot);
            case StreamEvent::Kind::ended:
                count_end(event->reason);
                return drain(slot);
        }
    }
    note_input(slot, message_came);
}

void Streams::count_end(const char* why) {
    metrics_
        .counter("herald_websocket_ended_total", "WebSockets that were refused, or ended in words",
                 {{"reason", why}})
        .add();
}

void Streams::note_input(std::uint32_t slot, bool message_came) {
    Connection& connection = connections_[slot];
    connection.active = connection.heard = loop_.now();
    if (message_came) connection.is_guest = false;
    hold_unfinished(slot);
    if (!connection.channel.is_up()) return;
    const bool was_partial = connection.is_partial;
    connection.is_partial = connection.channel.is_partial();
    if (!connection.is_partial || (was_partial && !message_came)) return;
    connection.since = loop_.now();
    arm(slot);
}

/// A message that comes in parts takes room before anybody knows who sends it, and so does what a
/// peer does not read.
void Streams::hold_unfinished(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    std::size_t now = connection.channel.held();
    if (connection.out.capacity() > SpareBuffers::kLargest) now += connection.out.capacity();
    if (now == connection.held) return;
    if (limits_->hold(connection.peer, connection.held, now)) {
        connection.held = now;
        return;
    }
    unfinished_.add();
    connection.is_failed = true;
    mark_dirty(slot);
}

/// Nothing after this point can be told apart. Closing at once would make the kernel reset the
/// connection, and with it the answer still on its way: so what comes is thrown away until the peer
/// closes.
void Streams::drain(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    const Flow flow = flow_of(slot);
    connection.state = State::draining;
    forget_client(slot);
    open_.close(slot);
    connection.since = loop_.now();
    arm(slot);
    mark_dirty(slot);
    sink_->on_flow_closed(flow);
}

void Streams::discard(std::uint32_t slot) {
    const Connection& connection = connections_[slot];
    char nowhere[4096];
    for (int i = 0; i < kReadsPerTurn; ++i) {
        const ssize_t size = recv(connection.socket.fd(), nowhere, sizeof nowhere, MSG_DONTWAIT);
        if (size > 0) continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
        return close(slot);
    }
}

void Streams::write(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    if (!connection.channel.flush(connection.out)) return close(slot);
    if (connection.state == State::draining) connection.channel.end(connection.out);
    while (connection.written < connection.out.size()) {
        const std::string_view rest = std::string_view(connection.out).substr(connection.written);
        const ssize_t size =
            ::send(connection.socket.fd(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return close(slot);
        if (size < 0) break;
        connection.written += static_cast<std::size_t>(size);
        connection.active = loop_.now();
    }
    const std::size_t unread = connection.out.size() - connection.written;
    connection.is_full = connection.is_full ? unread > kPauseAt / 2 : unread > kPauseAt;
    if (unread == 0) {
        spare_.give_back(connection.out);
        connection.written = 0;
        if (connection.state == State::draining) shutdown(connection.socket.fd(), SHUT_WR);
    } else if (connection.written > connection.out.size() / 2) {
        connection.out.erase(0, std::exchange(connection.written, 0));
    }
    hold_unfinished(slot);
    rewatch(slot);
}

void Streams::mark_dirty(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    if (connection.is_dirty) return;
    connection.is_dirty = true;
    dirty_.push_back(connections_.id_of(slot));
}

void Streams::rewatch(std::uint32_t slot) {
    const Connection& connection = connections_[slot];
    loop_.rewatch(connection.socket.fd(), wanted_events(connection));
}

std::uint32_t Streams::wanted_events(const Connection& connection) const {
    if (connection.state == State::connecting) return EPOLLOUT;
    std::uint32_t events = 0;
    if (connection.state == State::draining || (is_reading_ && !connection.is_full)) {
        events |= EPOLLIN;
    }
    if (connection.written < connection.out.size()) events |= EPOLLOUT;
    return events;
}

void Streams::arm(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    loop_.timers().cancel(connection.timer);
    connection.timer =
        loop_.timers().arm(owner_, payload_of(connections_.id_of(slot)), deadline(connection));
}

base::Instant Streams::deadline(const Connection& connection) const {
    switch (connection.state) {
        case State::connecting:
            return connection.since + options_.connect_timeout;
        case State::draining:
            return connection.since + kDrainTime;
        case State::open:
            break;
    }
    if (!connection.channel.is_up()) return connection.since + options_.handshake_timeout;
    base::Instant end = connection.active + options_.idle_timeout;
    if (connection.silence > base::Duration{})
        end = std::min(end, connection.heard + connection.silence);
    if (connection.is_guest) end = std::min(end, connection.born + options_.first_message_timeout);
    if (!connection.is_partial) return end;
    return std::min(end, connection.since + options_.partial_timeout);
}

/// The timer is not moved with every byte; it looks again when it fires.
void Streams::on_timer(std::uint64_t payload) {
    const base::SlotId id{.slot = static_cast<std::uint32_t>(payload),
                          .generation = static_cast<std::uint32_t>(payload >> 32)};
    const Connection* const connection = connections_.find(id);
    if (connection == nullptr) return;
    if (loop_.now() < deadline(*connection)) return arm(id.slot);
    if (connection->state != State::open) return close(id.slot);
    if (connection->channel.is_up()) return hang_up(id.slot);
    fail(id.slot, {FaultKind::timeout, "no handshake in time"});
}

}  // namespace herald::sip
