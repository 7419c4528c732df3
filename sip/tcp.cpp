// sip/tcp.cpp: streams of messages over TCP (RFC 3261 18, 5626 4.4.1, 5923).
#include "sip/tcp.h"

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
/// A peer that leaves this much unread is not read from.
constexpr std::size_t kPauseAt = 128 << 10;
constexpr std::size_t kSpareBuffers = 64;
constexpr std::size_t kLeastRoom = 256;
constexpr std::size_t kSpareRoom = 64 << 10;
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

TcpConnections::TcpConnections(base::Loop& loop, base::Metrics& metrics,
                               const StreamOptions& options, TransportSink* const& sink)
    : loop_(loop),
      options_(options),
      sink_(sink),
      owner_(loop.timers().add_owner([this](std::uint64_t payload) { on_timer(payload); })),
      seed_(base::random_u64()),
      open_count_(metrics.gauge("herald_sip_connections", "Streams open or being opened")),
      refused_(metrics.counter("herald_sip_connections_refused_total",
                               "Streams closed at once because there are too many")),
      unfinished_(metrics.counter("herald_sip_unfinished_refused_total",
                                  "Streams closed because unfinished messages take too much")),
      limits_(options.limits_of_all ? options.limits_of_all
                                    : std::make_shared<StreamLimits>(StreamLimits::Most())) {}

TcpConnections::~TcpConnections() {
    loop_.timers().cancel(resume_);
    for (const Listener& listener : listeners_) loop_.unwatch(listener.socket.fd());
    connections_.for_each([this](std::uint32_t, Connection& connection) {
        loop_.timers().cancel(connection.timer);
        loop_.unwatch(connection.socket.fd());
        limits_->hold(connection.peer, connection.held, 0);
        limits_->leave(connection.peer);
    });
    open_count_.set(0);
}

void TcpConnections::listen(Socket socket, std::uint8_t listener) {
    const std::size_t index = listeners_.size();
    const Status watched =
        loop_.watch(socket.fd(), EPOLLIN, [this, index](std::uint32_t) { accept_from(index); });
    assert(watched);
    static_cast<void>(watched);
    listeners_.push_back({.socket = std::move(socket), .number = listener});
}

Result<Flow> TcpConnections::open(const Endpoint& peer, std::uint8_t listener) {
    const std::uint32_t slot = by_peer_.find(peer.hash(seed_), [&](std::uint32_t at) {
        const Connection& its = connections_[at];
        return its.peer == peer && its.state != State::draining && !its.is_failed;
    });
    if (slot != base::Index::kNone) return flow_of(slot);
    Result<Socket> socket = connect_socket(peer);
    if (!socket) return socket.fault();
    if (!limits_->enter(peer)) {
        return Fault{FaultKind::limit_reached, "too many connections are open"};
    }
    return add(std::move(*socket), peer, listener, State::connecting);
}

bool TcpConnections::send(const Flow& flow, std::string_view bytes) {
    Connection* const connection = find(flow);
    if (connection == nullptr || connection->is_failed || connection->state == State::draining) {
        return false;
    }
    if (connection->out.size() - connection->written + bytes.size() > options_.out_buffer) {
        // Its peer does not read; what it misses it cannot be told later either.
        connection->is_failed = true;
        mark_dirty(flow.slot);
        return false;
    }
    if (connection->out.empty()) connection->out = take_buffer();
    connection->out += bytes;
    mark_dirty(flow.slot);
    return true;
}

bool TcpConnections::is_open(const Flow& flow) const {
    const Connection* const connection = find(flow);
    return connection != nullptr && !connection->is_failed && connection->state != State::draining;
}

void TcpConnections::flush() {
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

void TcpConnections::stop_input() {
    is_reading_ = false;
    for (const Listener& listener : listeners_) loop_.rewatch(listener.socket.fd(), 0);
    connections_.for_each([this](std::uint32_t slot, Connection&) { rewatch(slot); });
}

Flow TcpConnections::flow_of(std::uint32_t slot) const {
    const Connection& connection = connections_[slot];
    return {.peer = connection.peer,
            .protocol = Protocol::tcp,
            .listener = connection.listener,
            .shard = static_cast<std::uint16_t>(options_.shard),
            .slot = slot,
            .generation = connections_.id_of(slot).generation};
}

TcpConnections::Connection* TcpConnections::find(const Flow& flow) {
    if (flow.shard != options_.shard) return nullptr;
    return connections_.find(base::SlotId{flow.slot, flow.generation});
}

const TcpConnections::Connection* TcpConnections::find(const Flow& flow) const {
    if (flow.shard != options_.shard) return nullptr;
    return connections_.find(base::SlotId{flow.slot, flow.generation});
}

Result<Flow> TcpConnections::add(Socket socket, const Endpoint& peer, std::uint8_t listener,
                                 State state) {
    const int fd = socket.fd();
    Connection made{.socket = std::move(socket), .peer = peer, .framer = Framer(options_.limits)};
    made.active = made.since = made.born = loop_.now();
    made.listener = listener;
    made.state = state;
    made.is_guest = state == State::open;
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
void TcpConnections::remove(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    loop_.timers().cancel(connection.timer);
    loop_.unwatch(connection.socket.fd());
    by_peer_.erase(connection.peer.hash(seed_), slot);
    limits_->hold(connection.peer, connection.held, 0);
    limits_->leave(connection.peer);
    give_back(connection.out);
    open_.close(slot);
    connections_.release(slot);
    open_count_.subtract();
}

void TcpConnections::close(std::uint32_t slot) {
    const Flow flow = flow_of(slot);
    const bool is_known = connections_[slot].state != State::draining;
    remove(slot);
    if (is_known) sink_->on_flow_closed(flow);
}

void TcpConnections::accept_from(std::size_t listener) {
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
        static_cast<void>(add(std::move(socket), peer, listeners_[listener].number, State::open));
    }
}

/// Without descriptors the listeners would stay ready and the loop would spin.
void TcpConnections::pause_accepting() {
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

void TcpConnections::on_ready(base::SlotId id, std::uint32_t events) {
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

void TcpConnections::on_connected(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    const int error = error_of(connection.socket);
    if (error != 0) return close(slot);
    connection.state = State::open;
    connection.active = loop_.now();
    write(slot);
}

void TcpConnections::read(std::uint32_t slot) {
    const base::SlotId id = connections_.id_of(slot);
    for (int i = 0; i < kReadsPerTurn; ++i) {
        if (!read_once(slot)) return;
        const Connection* const connection = connections_.find(id);
        if (connection == nullptr || connection->state != State::open) return;
        if (!is_reading_ || connection->is_full || connection->is_failed) return;
    }
}

/// False: there is no more to read now, or no connection any more.
bool TcpConnections::read_once(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    if (!room_) room_ = std::make_unique_for_overwrite<char[]>(kReadRoom);
    const ssize_t size = recv(connection.socket.fd(), room_.get(), kReadRoom, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return false;
    if (size <= 0) {
        // What its last words wanted answered may still be read at the other end.
        const base::SlotId id = connections_.id_of(slot);
        if (size == 0) write(slot);
        if (connections_.holds(id)) close(slot);
        return false;
    }
    connection.framer.append({room_.get(), static_cast<std::size_t>(size)});
    deliver(slot);
    return static_cast<std::size_t>(size) == kReadRoom;
}

void TcpConnections::deliver(std::uint32_t slot) {
    // Stays in place throughout: what is called here closes nothing at once.
    Connection& connection = connections_[slot];
    const Flow flow = flow_of(slot);
    bool message_came = false;
    while (auto event = connection.framer.next()) {
        switch (event->kind) {
            case StreamEvent::Kind::message:
                message_came = true;
                sink_->on_message(event->bytes, flow, Framing::stream);
                break;
            case StreamEvent::Kind::ping:
                send(flow, "\r\n");
                break;
            case StreamEvent::Kind::unframeable:
                sink_->on_unframeable(event->bytes, flow, event->why);
                return drain(slot);
        }
    }
    note_input(slot, message_came);
}

void TcpConnections::note_input(std::uint32_t slot, bool message_came) {
    Connection& connection = connections_[slot];
    connection.active = loop_.now();
    if (message_came) connection.is_guest = false;
    hold_unfinished(slot);
    const bool was_partial = connection.is_partial;
    connection.is_partial = connection.framer.is_partial();
    if (!connection.is_partial || (was_partial && !message_came)) return;
    connection.since = loop_.now();
    arm(slot);
}

/// A message that comes in parts takes room before anybody knows who sends it, and so does what a
/// peer does not read.
void TcpConnections::hold_unfinished(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    std::size_t now = connection.framer.is_partial() ? connection.framer.memory() : 0;
    if (connection.out.capacity() > kSpareRoom) now += connection.out.capacity();
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
void TcpConnections::drain(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    const Flow flow = flow_of(slot);
    connection.state = State::draining;
    open_.close(slot);
    connection.since = loop_.now();
    arm(slot);
    mark_dirty(slot);
    sink_->on_flow_closed(flow);
}

void TcpConnections::discard(std::uint32_t slot) {
    const Connection& connection = connections_[slot];
    char nowhere[4096];
    for (int i = 0; i < kReadsPerTurn; ++i) {
        const ssize_t size = recv(connection.socket.fd(), nowhere, sizeof nowhere, MSG_DONTWAIT);
        if (size > 0) continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
        return close(slot);
    }
}

void TcpConnections::write(std::uint32_t slot) {
    Connection& connection = connections_[slot];
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
        give_back(connection.out);
        connection.written = 0;
        if (connection.state == State::draining) shutdown(connection.socket.fd(), SHUT_WR);
    } else if (connection.written > connection.out.size() / 2) {
        connection.out.erase(0, std::exchange(connection.written, 0));
    }
    hold_unfinished(slot);
    rewatch(slot);
}

void TcpConnections::mark_dirty(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    if (connection.is_dirty) return;
    connection.is_dirty = true;
    dirty_.push_back(connections_.id_of(slot));
}

void TcpConnections::rewatch(std::uint32_t slot) {
    const Connection& connection = connections_[slot];
    loop_.rewatch(connection.socket.fd(), wanted_events(connection));
}

std::uint32_t TcpConnections::wanted_events(const Connection& connection) const {
    if (connection.state == State::connecting) return EPOLLOUT;
    std::uint32_t events = 0;
    if (connection.state == State::draining || (is_reading_ && !connection.is_full)) {
        events |= EPOLLIN;
    }
    if (connection.written < connection.out.size()) events |= EPOLLOUT;
    return events;
}

void TcpConnections::arm(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    loop_.timers().cancel(connection.timer);
    connection.timer =
        loop_.timers().arm(owner_, payload_of(connections_.id_of(slot)), deadline(connection));
}

base::Instant TcpConnections::deadline(const Connection& connection) const {
    switch (connection.state) {
        case State::connecting:
            return connection.since + options_.connect_timeout;
        case State::draining:
            return connection.since + kDrainTime;
        case State::open:
            break;
    }
    base::Instant end = connection.active + options_.idle_timeout;
    if (connection.is_guest) end = std::min(end, connection.born + options_.first_message_timeout);
    if (!connection.is_partial) return end;
    return std::min(end, connection.since + options_.partial_timeout);
}

/// The timer is not moved with every byte; it looks again when it fires.
void TcpConnections::on_timer(std::uint64_t payload) {
    const base::SlotId id{.slot = static_cast<std::uint32_t>(payload),
                          .generation = static_cast<std::uint32_t>(payload >> 32)};
    const Connection* const connection = connections_.find(id);
    if (connection == nullptr) return;
    if (loop_.now() < deadline(*connection)) return arm(id.slot);
    close(id.slot);
}

std::string TcpConnections::take_buffer() {
    if (spare_.empty()) return {};
    std::string buffer = std::move(spare_.back());
    spare_.pop_back();
    return buffer;
}

/// An idle connection holds no buffer; the few in use go round.
void TcpConnections::give_back(std::string& buffer) {
    std::string gone = std::exchange(buffer, {});
    const bool is_worth_it = gone.capacity() >= kLeastRoom && gone.capacity() <= kSpareRoom;
    if (!is_worth_it || spare_.size() >= kSpareBuffers) return;
    gone.clear();
    spare_.push_back(std::move(gone));
}

}  // namespace herald::sip
