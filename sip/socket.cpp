// sip/socket.cpp: the system calls behind sockets.
#include "sip/socket.h"

#include <cassert>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <unistd.h>

namespace herald::sip {
namespace {

constexpr int kListenBacklog = 4096;
/// Unacknowledged for this long, a connection is dead.
constexpr unsigned kUserTimeoutMs = 30'000;

void set(int fd, int level, int option, int value) {
    // What the system does not know is done without.
    static_cast<void>(setsockopt(fd, level, option, &value, sizeof value));
}

std::string reason_of(int error) {
    switch (error) {
        case EADDRINUSE:
            return "is taken by another process";
        case EADDRNOTAVAIL:
            return "is no address of this machine";
        case EACCES:
        case EPERM:
            return "needs more privileges";
        case EAFNOSUPPORT:
            return "is of an address family this machine lacks";
        default:
            return std::string("cannot be used: ") + std::strerror(error);
    }
}

Fault fault_of(Protocol protocol, const Endpoint& address, int error, FaultKind otherwise) {
    const bool is_limit = error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
    std::string text(uri_name(protocol));
    text.append(" ").append(address.to_string()).append(" ").append(reason_of(error));
    return {is_limit ? FaultKind::limit_reached : otherwise, std::move(text)};
}

int socket_type(Protocol protocol) {
    return (is_reliable(protocol) ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
}

int family_of(const Endpoint& endpoint) {
    return endpoint.is_ipv6() ? AF_INET6 : AF_INET;
}

/// Errors ICMP reports are queued with the address they are about (RFC 3261 18.4).
void want_errors(int fd, const Endpoint& address) {
    if (address.is_ipv6()) {
        set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
    } else {
        set(fd, IPPROTO_IP, IP_RECVERR, 1);
    }
}

/// Each datagram comes with the address it was sent to, which is the one to answer from (RFC 3261
/// 18.2.2).
void want_local_address(int fd, const Endpoint& address) {
    if (address.is_ipv6()) {
        set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    } else {
        set(fd, IPPROTO_IP, IP_PKTINFO, 1);
    }
}

/// Each datagram comes with the time at which the kernel took it in (sip/udp.h).
void want_times(int fd) {
    set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
}

/// Groups that others of this machine joined are nothing to a listener; and who joins one may have
/// its port (sip/multicast.h), which another listener may not: it does not ask before it binds.
void keep_apart_from_groups(int fd) {
    set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
}

void set_stream_options(int fd) {
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Socket::~Socket() {
    if (fd_ >= 0) close(fd_);
}

Result<Socket> bind_socket(Protocol protocol, const Endpoint& address, Sharing sharing) {
    Socket made(socket(family_of(address), socket_type(protocol), 0));
    if (!made) return fault_of(protocol, address, errno, FaultKind::io);
    const int fd = made.fd();
    if (address.is_ipv6()) set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (sharing == Sharing::with_other_shards) set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (is_reliable(protocol)) {
        // Connections of an earlier process that linger do not hold the port; a listener does.
        set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
        set_stream_options(fd);
    } else {
        want_errors(fd, address);
        want_times(fd);
        if (address.is_any()) want_local_address(fd, address);
    }

    sockaddr_storage to{};
    const socklen_t size = address.to_sockaddr(to);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&to), size) != 0) {
        return fault_of(protocol, address, errno, FaultKind::io);
    }
    if (!is_reliable(protocol) && !address.is_ipv6()) keep_apart_from_groups(fd);
    // Two TCP sockets with SO_REUSEADDR may bind the same port; only one may listen.
    if (is_reliable(protocol) && listen(fd, kListenBacklog) != 0) {
        return fault_of(protocol, address, errno, FaultKind::io);
    }
    return made;
}

Result<Socket> connect_socket(const Endpoint& peer) {
    Socket made(socket(family_of(peer), socket_type(Protocol::tcp), 0));
    if (!made) return fault_of(Protocol::tcp, peer, errno, FaultKind::unreachable);
    set_stream_options(made.fd());
    sockaddr_storage to{};
    const socklen_t size = peer.to_sockaddr(to);
    if (connect(made.fd(), reinterpret_cast<const sockaddr*>(&to), size) == 0) return made;
    if (errno == EINPROGRESS) return made;
    return Fault{FaultKind::unreachable,
                 "tcp " + peer.to_string() + " cannot be reached: " + std::strerror(errno)};
}

Endpoint local_endpoint(const Socket& socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
    return Endpoint(reinterpret_cast<const sockaddr*>(&address));
}

void set_buffer(const Socket& socket, int option, int bytes) {
    assert(option == SO_RCVBUF || option == SO_SNDBUF);
    // A privileged process may go beyond the system's limit.
    const int forced = option == SO_RCVBUF ? SO_RCVBUFFORCE : SO_SNDBUFFORCE;
    if (setsockopt(socket.fd(), SOL_SOCKET, forced, &bytes, sizeof bytes) == 0) return;
    set(socket.fd(), SOL_SOCKET, option, bytes);
}

Endpoint own_address(const Endpoint& any) {
    ifaddrs* list = nullptr;
    Endpoint found = *Endpoint::from(any.is_ipv6() ? "::1" : "127.0.0.1", any.port());
    if (getifaddrs(&list) != 0) return found;
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
    for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
        if (at->ifa_addr == nullptr || (at->ifa_flags & IFF_UP) == 0) continue;
        if (at->ifa_addr->sa_family != family_of(any)) continue;
        Endpoint candidate(at->ifa_addr);
        if (candidate.is_loopback()) continue;
        // A link-local address means nothing without its interface.
        const auto& in6 = *reinterpret_cast<const sockaddr_in6*>(at->ifa_addr);
        if (candidate.is_ipv6() && IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr)) continue;
        candidate.set_port(any.port());
        return candidate;
    }
    return found;
}

bool suits_better(const Endpoint& a, const Endpoint& b, const Endpoint& peer) {
    const auto score = [&peer](const Endpoint& bound) {
        if (bound.is_ipv6() != peer.is_ipv6()) return 0;
        if (bound.is_any()) return 2;
        return bound.is_loopback() == peer.is_loopback() ? 3 : 1;
    };
    return score(a) > score(b);
}

}  // namespace herald::sip
