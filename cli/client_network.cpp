// cli/client_network.cpp: sockets of a client, which has no listeners until it knows whom it talks
// to.
#include "cli/client_network.h"

#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <unistd.h>

namespace herald::cli {
namespace {

/// The local address the system would send from, with port 0. Connecting a UDP socket sends
/// nothing.
Result<sip::Endpoint> source_for(const sip::Endpoint& peer) {
    sockaddr_storage address{};
    socklen_t length = peer.to_sockaddr(address);
    const int family = peer.is_ipv6() ? AF_INET6 : AF_INET;
    const int fd = ::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const bool is_connected =
        fd >= 0 && ::connect(fd, reinterpret_cast<sockaddr*>(&address), length) == 0;
    length = sizeof address;
    const bool is_known =
        is_connected && ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
    const int error = errno;
    if (fd >= 0) ::close(fd);
    if (!is_known) return Fault{FaultKind::unreachable, std::strerror(error)};
    sip::Endpoint source(reinterpret_cast<sockaddr*>(&address));
    source.set_port(0);
    return source;
}

sip::NetworkOptions client_options() {
    sip::NetworkOptions options;
    options.streams =
        std::make_shared<sip::StreamLimits>(sip::StreamLimits::Most{.connections = 64});
    options.udp_receive_buffer = options.udp_send_buffer = 1 << 18;
    return options;
}

}  // namespace

ClientNetwork::ClientNetwork(base::Loop& loop, base::Metrics& metrics)
    : network_(loop, metrics, client_options()) {}

/// Certificates are read when they are needed.
Status ClientNetwork::speak_tls() {
    if (speaks_tls_) return {};
    auto context = sip::TlsContext::load({.pairs = {}, .peers_ca = authorities_, .clients_ca = {}});
    if (!context) return context.fault();
    network_.secure(*std::move(context));
    speaks_tls_ = true;
    return {};
}

bool ClientNetwork::has_listener(sip::Protocol protocol, const sip::Endpoint& peer) const {
    for (const sip::ListenerAddress& listener : network_.listeners()) {
        if (listener.protocol == protocol && listener.bound.is_ipv6() == peer.is_ipv6())
            return true;
    }
    return false;
}

Result<sip::Flow> ClientNetwork::open(sip::Protocol protocol, const sip::Endpoint& peer,
                                      std::string_view domain) {
    if (protocol > sip::Protocol::tls) {
        return Fault{FaultKind::unreachable, "only UDP, TCP and TLS are supported"};
    }
    if (protocol == sip::Protocol::tls) {
        if (const Status ready = speak_tls(); !ready) return ready.fault();
    }
    if (!has_listener(protocol, peer)) {
        const Result<sip::Endpoint> source = source_for(peer);
        if (!source) return source.fault();
        const auto listener = network_.listen(protocol, *source, "", false);
        if (!listener) return Fault{FaultKind::unreachable, listener.fault().detail};
    }
    return network_.open(protocol, peer, domain);
}

}  // namespace herald::cli
