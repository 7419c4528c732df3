// tests/conformance/live_wire.cpp: the sockets of a story's actors: UDP, TCP, TLS.
#include "tests/conformance/live_wire.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

namespace herald::conformance {

namespace {

int milliseconds(base::Duration time) {
    const auto whole = std::chrono::ceil<std::chrono::milliseconds>(time).count();
    return static_cast<int>(std::clamp<decltype(whole)>(whole, 0, 600'000));
}

bool wait_for(int fd, short events, base::Duration patience) {
    pollfd one{.fd = fd, .events = events, .revents = 0};
    return ::poll(&one, 1, milliseconds(patience)) > 0;
}

/// A TCP socket at `from`, where there may be a listener too.
Result<sip::Socket> stream_from(const sip::Endpoint& from) {
    sip::Socket made(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int yes = 1;
    for (const int option : {SO_REUSEADDR, SO_REUSEPORT}) {
        ::setsockopt(made.fd(), SOL_SOCKET, option, &yes, sizeof yes);
    }
    sockaddr_storage address{};
    const auto size = from.to_sockaddr(address);
    if (::bind(made.fd(), reinterpret_cast<const sockaddr*>(&address), size) == 0) return made;
    return Fault{FaultKind::io, from.to_string() + ": " + std::strerror(errno)};
}

/// "0100007F:13C4", as the kernel's tables write an address.
std::string as_in_tables(const sip::Endpoint& endpoint) {
    sockaddr_storage address{};
    endpoint.to_sockaddr(address);
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    std::array<char, 16> text;
    std::snprintf(text.data(), text.size(), "%08X:%04X", in.sin_addr.s_addr, endpoint.port());
    return text.data();
}

/// Whether no socket at `local` has anything left to read: connections to accept, or bytes.
bool is_read(const char* table, const std::string& local) {
    std::ifstream lines(table);
    for (std::string line; std::getline(lines, line);) {
        // number: local remote state tx:rx ...
        std::array<char, 16> at;
        unsigned unread = 0;
        if (std::sscanf(line.c_str(), "%*s %15s %*s %*s %*x:%x", at.data(), &unread) != 2) continue;
        if (at.data() == local && unread != 0) return false;
    }
    return true;
}

}  // namespace

LiveWire::Place* LiveWire::place(const sip::Endpoint& at) {
    const auto found = std::find_if(places_.begin(), places_.end(),
                                    [&](const Place& place) { return place.at == at; });
    return found == places_.end() ? nullptr : &*found;
}

Status LiveWire::inhabit(const sip::Endpoint& at) {
    if (place(at)) return {};
    auto datagrams = sip::bind_socket(sip::Protocol::udp, at, sip::Sharing::alone);
    if (!datagrams) return datagrams.fault();
    // Connections leave from the same port.
    auto listener = sip::bind_socket(sip::Protocol::tcp, at, sip::Sharing::with_other_shards);
    if (!listener) return listener.fault();
    places_.push_back({at, *std::move(datagrams), *std::move(listener)});
    return {};
}

void LiveWire::abandon(const sip::Endpoint& at) {
    std::erase_if(places_, [&](const Place& place) { return place.at == at; });
}

void LiveWire::refuse_connections(const sip::Endpoint& at) {
    if (auto* found = place(at)) found->listener = sip::Socket();
}

sip::Flow LiveWire::udp(const sip::Endpoint& from) const {
    return {.peer = from, .protocol = sip::Protocol::udp};
}

sip::Flow LiveWire::add(sip::Socket socket, std::unique_ptr<sip::TlsSession> session) {
    const sip::Flow flow{.peer = sip::local_endpoint(socket),
                         .protocol = session ? sip::Protocol::tls : sip::Protocol::tcp,
                         .slot = static_cast<std::uint32_t>(connections_.size()),
                         .generation = 1};
    connections_.push_back({flow, std::move(socket), std::move(session), sip::Framer()});
    return flow;
}

Result<sip::Socket> LiveWire::reach(const sip::Endpoint& from, const sip::Endpoint& server,
                                    base::Duration patience) const {
    auto made = stream_from(from);
    if (!made) return made;
    sockaddr_storage address{};
    const auto size = server.to_sockaddr(address);
    int error = 0;
    if (::connect(made->fd(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
        error = errno;
        socklen_t length = sizeof error;
        if (error == EINPROGRESS && wait_for(made->fd(), POLLOUT, patience)) {
            ::getsockopt(made->fd(), SOL_SOCKET, SO_ERROR, &error, &length);
        }
    }
    if (error == 0) return made;
    return Fault{FaultKind::unreachable, server.to_string() + ": " + std::strerror(error)};
}

Result<sip::Flow> LiveWire::connect(const sip::Endpoint& from, sip::Protocol protocol,
                                    base::Duration patience) {
    const bool is_secure = protocol == sip::Protocol::tls;
    if (is_secure && !context_) return Fault{FaultKind::unreachable, "nobody speaks TLS"};
    auto made = reach(from, is_secure ? secure_server_ : server_, patience);
    if (!made) return made.fault();
    if (!is_secure) return add(*std::move(made), nullptr);
    auto session = context_->connect(secure_server_.host());
    if (auto shaken = shake_hands(*made, *session, patience); !shaken) return shaken.fault();
    return add(*std::move(made), std::move(session));
}

Status LiveWire::shake_hands(const sip::Socket& socket, sip::TlsSession& session,
                             base::Duration patience) const {
    const auto end = clock_.now() + patience;
    std::string out, plain;
    if (auto begun = session.begin(out); !begun) return begun;
    std::array<char, 16384> buffer;
    while (write(socket, std::exchange(out, {})) && !session.is_up()) {
        if (!wait_for(socket.fd(), POLLIN, end - clock_.now()))
            return Fault{FaultKind::unreachable, "no handshake in time"};
        const auto size = ::recv(socket.fd(), buffer.data(), buffer.size(), 0);
        if (size <= 0) return Fault{FaultKind::unreachable, "closed within the handshake"};
        const std::string_view wire(buffer.data(), static_cast<std::size_t>(size));
        if (auto received = session.receive(wire, plain, out); !received) return received;
    }
    return {};
}

bool LiveWire::write(const sip::Socket& socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto size = ::send(socket.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size < 0 && errno != EAGAIN) return false;
        if (size > 0) bytes.remove_prefix(static_cast<std::size_t>(size));
        if (size < 0 && !wait_for(socket.fd(), POLLOUT, std::chrono::seconds(30))) return false;
    }
    return true;
}

bool LiveWire::is_open(const sip::Flow& flow) const {
    if (!sip::is_reliable(flow.protocol)) return true;
    return flow.slot < connections_.size() && connections_[flow.slot].socket;
}

void LiveWire::close(const sip::Flow& flow, base::Duration patience) {
    if (!is_open(flow)) return;
    auto& connection = connections_[flow.slot];
    ::shutdown(connection.socket.fd(), SHUT_WR);
    const auto end = clock_.now() + patience;
    while (connection.socket && clock_.now() < end) {
        if (wait_for(connection.socket.fd(), POLLIN, end - clock_.now())) read_stream(connection);
    }
    connection.socket = sip::Socket();
}

void LiveWire::send(std::string_view bytes, const sip::Flow& flow) {
    if (flow.protocol == sip::Protocol::udp) {
        const auto* from = place(flow.peer);
        sockaddr_storage address{};
        const auto size = server_.to_sockaddr(address);
        if (from) {
            ::sendto(from->datagrams.fd(), bytes.data(), bytes.size(), 0,
                     reinterpret_cast<const sockaddr*>(&address), size);
        }
        return;
    }
    if (!is_open(flow)) return;
    auto& connection = connections_[flow.slot];
    if (!connection.session) return static_cast<void>(write(connection.socket, bytes));
    std::string out;
    if (connection.session->send(bytes, out)) write(connection.socket, out);
}

bool LiveWire::wait(base::Duration patience, int other) {
    std::vector<pollfd> all;
    const auto add = [&](int fd) {
        if (fd >= 0) all.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    };
    for (const auto& place : places_) {
        add(place.datagrams.fd());
        add(place.listener.fd());
    }
    for (const auto& connection : connections_) add(connection.socket.fd());
    add(other);
    return ::poll(all.data(), all.size(), milliseconds(patience)) > 0;
}

bool LiveWire::read() {
    const auto before = arrived_.size();
    for (const auto& place : places_) {
        read_datagrams(place);
        accept_all(place);
    }
    for (auto& connection : connections_) read_stream(connection);
    return arrived_.size() > before;
}

void LiveWire::keep(const sip::Flow& flow, std::string bytes) {
    arrived_.push_back({flow, std::move(bytes), clock_.now()});
}

void LiveWire::read_datagrams(const Place& place) {
    std::vector<char> buffer(65536);
    for (;;) {
        const auto size = ::recv(place.datagrams.fd(), buffer.data(), buffer.size(), 0);
        if (size < 0) {
            // What ICMP says about the server while it is away; the next read has the rest.
            if (errno == ECONNREFUSED || errno == EINTR) continue;
            return;
        }
        keep(udp(place.at), std::string(buffer.data(), static_cast<std::size_t>(size)));
    }
}

void LiveWire::accept_all(const Place& place) {
    while (place.listener) {
        sip::Socket accepted(
            ::accept4(place.listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!accepted) return;
        add(std::move(accepted), nullptr);
    }
}

void LiveWire::read_stream(Connection& connection) {
    std::array<char, 16384> buffer;
    while (connection.socket) {
        const auto size = ::recv(connection.socket.fd(), buffer.data(), buffer.size(), 0);
        if (size < 0 && errno == EAGAIN) return;
        if (size <= 0) {
            connection.socket = sip::Socket();
            return;
        }
        std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
        std::string plain, out;
        if (connection.session) {
            const bool is_good = connection.session->receive(bytes, plain, out).has_value();
            write(connection.socket, out);
            bytes = plain;
            if (!is_good) connection.socket = sip::Socket();
        }
        connection.framer.append(bytes);
        while (auto event = connection.framer.next()) {
            // The story is told what cannot be read, too.
            if (event->kind == sip::StreamEvent::Kind::ping) continue;
            keep(connection.flow, std::string(event->bytes.data(), event->bytes.size()));
        }
    }
}

bool LiveWire::is_drained() const {
    const auto local = as_in_tables(server_);
    if (!is_read("/proc/net/udp", local) || !is_read("/proc/net/tcp", local)) return false;
    return !context_ || is_read("/proc/net/tcp", as_in_tables(secure_server_));
}

}  // namespace herald::conformance
