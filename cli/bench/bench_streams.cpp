// cli/bench/bench_streams.cpp: the connections of the load generator: TCP, TLS, WebSocket.
#include "cli/bench/bench_streams.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace herald::cli::bench {
namespace {

constexpr base::Duration kPatience = std::chrono::milliseconds(10);
constexpr int kHandshakeTurns = 1000;

Fault stream_fault(const std::string& what, int error) {
    const auto kind = error == EMFILE || error == ENFILE ? FaultKind::limit_reached
                      : error == ECONNREFUSED            ? FaultKind::unreachable
                                                         : FaultKind::io;
    return {kind, what + ": " + std::strerror(error)};
}

/// While connections begin nobody says anything yet.
class Nobody final : public PortSink {
public:
    void on_message(std::uint32_t, std::string_view, AnswerText&) override {}
    void on_refused() override {}
};

bool is_web(sip::Protocol protocol) noexcept {
    return protocol == sip::Protocol::ws || protocol == sip::Protocol::wss;
}

}  // namespace

Streams::Streams(sip::Socket epoll, const Way& way)
    : epoll_(std::move(epoll)), way_(way), room_(new char[kRoom]), answer_(new AnswerText) {}

Result<std::unique_ptr<Ports>> Streams::open(const Way& way, std::uint32_t count) {
    sip::Socket epoll(epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return stream_fault("epoll", errno);
    std::unique_ptr<Streams> streams(new Streams(std::move(epoll), way));
    if (sip::is_secure(way.protocol)) {
        auto context = sip::TlsContext::load(
            {.peers_ca = way.authorities, .is_old_client = way.is_old_client});
        if (!context) return context.fault();
        streams->context_ = *std::move(context);
    }
    if (Status done = streams->connect_all(count); !done) return done.fault();
    return std::unique_ptr<Ports>(std::move(streams));
}

/// So many beside each other.
Status Streams::connect_all(std::uint32_t count) {
    all_.reserve(count);
    while (size() < count) {
        const std::uint32_t first = size();
        const std::uint32_t end = first + std::min(std::max(way_.at_once, 1U), count - first);
        while (size() < end) {
            if (Status added = add(); !added) return added;
            if (Status begun = begin(size() - 1); !begun) return begun;
        }
        if (Status done = shake_hands(first); !done) return done;
    }
    return {};
}

/// 127.0.0.2 to .9, by turns.
Status Streams::leave_from(const sip::Socket& socket) const {
    constexpr std::uint32_t kAddresses = 8;
    const auto source =
        sip::Endpoint::from("127.0.0." + std::to_string(2 + all_.size() % kAddresses), 0);
    sockaddr_storage address{};
    const socklen_t length = source ? source->to_sockaddr(address) : 0;
    // The port is chosen when it is known where to.
    const int on = 1;
    setsockopt(socket.fd(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(socket.fd(), reinterpret_cast<const sockaddr*>(&address), length) == 0) return {};
    return stream_fault("an address of loopback", errno);
}

Status Streams::add() {
    sip::Socket fresh(
        ::socket(way_.server.is_ipv6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fresh) return stream_fault("a socket", errno);
    if (way_.spreads && !way_.server.is_ipv6()) {
        if (Status bound = leave_from(fresh); !bound) return bound;
    }
    sockaddr_storage peer{};
    const socklen_t length = way_.server.to_sockaddr(peer);
    if (connect(fresh.fd(), reinterpret_cast<const sockaddr*>(&peer), length) != 0)
        return stream_fault("connecting to " + way_.server.to_string(), errno);
    const int on = 1;
    setsockopt(fresh.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.u32 = size();
    if (epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fresh.fd(), &wanted) != 0)
        return stream_fault("epoll", errno);
    Connection made;
    made.name = sip::local_endpoint(fresh).to_string();
    made.socket = std::move(fresh);
    if (context_) made.session = context_->connect(way_.server.host(), way_.ticket);
    if (is_web(way_.protocol)) made.web = std::make_unique<WebFrames>();
    all_.push_back(std::move(made));
    return {};
}

/// Of TLS and of WebSocket, as far as there are some.
Status Streams::begin(std::uint32_t port) {
    Connection& connection = all_[port];
    if (connection.session) {
        if (Status begun = connection.session->begin(connection.out); !begun) return begun;
    }
    if (connection.web) connection.waiting = WebFrames::handshake(way_.server.to_string());
    mark_dirty(port);
    return {};
}

/// Until all from `first` on are up.
Status Streams::shake_hands(std::uint32_t first) {
    Nobody nobody;
    for (int idle = 0; first < size() && idle < kHandshakeTurns;) {
        const Connection& connection = all_[first];
        if (connection.is_over) break;
        if (is_up(connection)) {
            ++first;
            continue;
        }
        turn(nobody, kPatience);
        ++idle;
    }
    if (first == size()) return {};
    return Fault{FaultKind::unreachable,
                 "no handshake with " + way_.server.to_string() + ": " +
                     (why_.empty() ? std::string("it does not answer") : why_)};
}

sip::TlsTicket Streams::ticket() const {
    const bool has_one = !all_.empty() && all_.front().session;
    return has_one ? all_.front().session->ticket() : nullptr;
}

bool Streams::is_up(const Connection& connection) noexcept {
    const bool is_secured = !connection.session || connection.session->is_up();
    return is_secured && (!connection.web || connection.web->is_up());
}

void Streams::send(std::uint32_t port, std::string_view bytes) {
    Connection& connection = all_[port];
    if (connection.is_over) {
        ++unsent_;
        is_refused_ = true;
        return;
    }
    std::string& below = connection.session ? connection.waiting : connection.out;
    if (connection.web) {
        WebFrames::append_frame(below, bytes);
    } else {
        below += bytes;
    }
    mark_dirty(port);
}

void Streams::mark_dirty(std::uint32_t port) {
    if (std::exchange(all_[port].is_dirty, true)) return;
    dirty_.push_back(port);
}

void Streams::flush() {
    for (const auto port : std::exchange(dirty_, {})) {
        all_[port].is_dirty = false;
        write(port);
    }
}

void Streams::write(std::uint32_t port) {
    Connection& connection = all_[port];
    if (connection.is_over) return;
    const bool may_encrypt = !connection.session || connection.session->is_up();
    if (may_encrypt && !connection.waiting.empty()) {
        if (!connection.session) {
            connection.out += connection.waiting;
        } else if (!connection.session->send(connection.waiting, connection.out)) {
            return end(port);
        }
        connection.waiting.clear();
    }
    const ssize_t size = ::send(connection.socket.fd(), connection.out.data(),
                                connection.out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size < 0 && errno != EAGAIN) return end(port);
    connection.out.erase(0, size < 0 ? 0 : static_cast<std::size_t>(size));
    const bool is_blocked = !connection.out.empty();
    if (std::exchange(connection.is_blocked, is_blocked) == is_blocked) return;
    epoll_event wanted{};
    wanted.events = is_blocked ? EPOLLIN | EPOLLOUT : EPOLLIN;
    wanted.data.u32 = port;
    epoll_ctl(epoll_.fd(), EPOLL_CTL_MOD, connection.socket.fd(), &wanted);
}

void Streams::turn(PortSink& sink, base::Duration wait) {
    flush();
    std::array<epoll_event, 256> ready;
    const auto microseconds = std::max<std::int64_t>(wait.count(), 0);
    const timespec patience{microseconds / 1'000'000, microseconds % 1'000'000 * 1000};
    const int count = epoll_pwait2(epoll_.fd(), ready.data(), ready.size(), &patience, nullptr);
    for (int i = 0; i < count; ++i) {
        const auto& event = ready[static_cast<std::size_t>(i)];
        if ((event.events & EPOLLOUT) != 0) write(event.data.u32);
        if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) read(event.data.u32, sink);
    }
    flush();
    if (std::exchange(is_refused_, false)) sink.on_refused();
}

void Streams::read(std::uint32_t port, PortSink& sink) {
    Connection& connection = all_[port];
    if (connection.is_over) return;
    const ssize_t size = recv(connection.socket.fd(), room_.get(), kRoom, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return end(port);
    const std::string_view wire(room_.get(), static_cast<std::size_t>(size));
    if (!connection.session) return hear(port, wire, sink);
    plain_.clear();
    const Status received = connection.session->receive(wire, plain_, connection.out);
    if (!received) why_ = received.fault().detail;
    hear(port, plain_, sink);
    mark_dirty(port);
    if (!received || connection.session->has_ended()) end(port);
}

void Streams::hear(std::uint32_t port, std::string_view plain, PortSink& sink) {
    Connection& connection = all_[port];
    if (connection.web) {
        connection.web->append(plain);
        while (true) {
            const auto next = connection.web->next();
            if (!next) {
                why_ = next.fault().detail;
                return end(port);
            }
            if (!*next) return;
            take(port, **next, sink);
        }
    }
    connection.framer.append(plain);
    while (const auto event = connection.framer.next()) {
        if (event->kind == sip::StreamEvent::Kind::unframeable) return end(port);
        if (event->kind == sip::StreamEvent::Kind::message)
            take(port, {event->bytes.data(), event->bytes.size()}, sink);
    }
}

void Streams::take(std::uint32_t port, std::string_view message, PortSink& sink) {
    answer_->size = 0;
    sink.on_message(port, message, *answer_);
    if (answer_->size > 0) send(port, answer_->text());
}

void Streams::end(std::uint32_t port) {
    Connection& connection = all_[port];
    if (std::exchange(connection.is_over, true)) return;
    epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, connection.socket.fd(), nullptr);
    connection.socket = sip::Socket();
    is_refused_ = true;
}

}  // namespace herald::cli::bench
