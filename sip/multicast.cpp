// sip/multicast.cpp: datagrams to a group, heard on some interfaces.
#include "sip/multicast.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace herald::sip {

namespace {

/// Between two turns of the loop: others want their turn too.
constexpr int kMostInTurn = 16;
constexpr std::size_t kLargest = 65536;

bool set_option(const Socket& socket, int level, int option, int value) {
    return setsockopt(socket.fd(), level, option, &value, sizeof value) == 0;
}

Fault multicast_fault(std::string_view what, int error) {
    const bool is_limit = error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
    return {is_limit ? FaultKind::limit_reached : FaultKind::io,
            std::string(what) + ": " + std::strerror(error)};
}

in_addr address_of(const Endpoint& endpoint) {
    sockaddr_storage storage{};
    endpoint.to_sockaddr(storage);
    return reinterpret_cast<const sockaddr_in&>(storage).sin_addr;
}

Status join(const Socket& socket, const Endpoint& group, const std::string& name) {
    ip_mreqn membership{};
    membership.imr_multiaddr = address_of(group);
    membership.imr_ifindex = static_cast<int>(if_nametoindex(name.c_str()));
    if (membership.imr_ifindex == 0)
        return Fault{FaultKind::invalid_configuration, "there is no interface " + name};
    if (setsockopt(socket.fd(), IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership) == 0)
        return {};
    return multicast_fault("cannot join " + group.host() + " on " + name, errno);
}

/// The index of the interface a datagram came by; 0: the system did not say.
unsigned interface_in(const msghdr& message) {
    for (auto* control = CMSG_FIRSTHDR(&message); control != nullptr;
         control = CMSG_NXTHDR(const_cast<msghdr*>(&message), control)) {
        if (control->cmsg_level != IPPROTO_IP || control->cmsg_type != IP_PKTINFO) continue;
        in_pktinfo info;
        std::copy_n(CMSG_DATA(control), sizeof info, reinterpret_cast<unsigned char*>(&info));
        return static_cast<unsigned>(info.ipi_ifindex);
    }
    return 0;
}

struct Datagram {
    std::size_t size = 0;
    Endpoint source;
    unsigned interface = 0;
};

/// nullopt: there is none for now.
std::optional<Datagram> next_datagram(int fd, std::vector<char>& room) {
    iovec part{room.data(), room.size()};
    sockaddr_storage source{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> controls;
    msghdr message{};
    message.msg_name = &source;
    message.msg_namelen = sizeof source;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = controls.data();
    message.msg_controllen = controls.size();
    const auto size = recvmsg(fd, &message, 0);
    if (size < 0) return std::nullopt;
    return Datagram{static_cast<std::size_t>(size),
                    Endpoint(reinterpret_cast<const sockaddr*>(&source)), interface_in(message)};
}

bool is_same_network(const in_addr& a, const in_addr& b, const in_addr& mask) {
    return ((a.s_addr ^ b.s_addr) & mask.s_addr) == 0;
}

}  // namespace

Result<Socket> join_group(const Endpoint& group, const std::vector<std::string>& interfaces) {
    Socket made(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!made) return multicast_fault("cannot hear " + group.to_string(), errno);
    set_option(made, SOL_SOCKET, SO_REUSEADDR, 1);
    // What others of this machine joined is not for us.
    set_option(made, IPPROTO_IP, IP_MULTICAST_ALL, 0);
    if (!set_option(made, IPPROTO_IP, IP_PKTINFO, 1))
        return multicast_fault("cannot hear " + group.to_string(), errno);
    sockaddr_storage to{};
    const auto size = group.to_sockaddr(to);
    if (bind(made.fd(), reinterpret_cast<const sockaddr*>(&to), size) != 0)
        return multicast_fault("cannot hear " + group.to_string(), errno);
    for (const auto& name : interfaces) {
        if (auto joined = join(made, group, name); !joined) return joined.fault();
    }
    return made;
}

bool is_on_link(const Endpoint& peer, unsigned interface) {
    ifaddrs* list = nullptr;
    if (peer.is_ipv6() || getifaddrs(&list) != 0) return false;
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
    const auto address = address_of(peer);
    for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
        if (at->ifa_addr == nullptr || at->ifa_netmask == nullptr) continue;
        if (at->ifa_addr->sa_family != AF_INET || if_nametoindex(at->ifa_name) != interface)
            continue;
        const auto& own = reinterpret_cast<const sockaddr_in&>(*at->ifa_addr).sin_addr;
        const auto& mask = reinterpret_cast<const sockaddr_in&>(*at->ifa_netmask).sin_addr;
        if (is_same_network(address, own, mask)) return true;
    }
    return false;
}

GroupListener::GroupListener(base::Loop& loop, Socket socket, Sink sink)
    : loop_(loop), socket_(std::move(socket)), sink_(std::move(sink)), room_(kLargest) {
    // Without a watch nobody is heard; the descriptor is good, so there is one.
    static_cast<void>(loop_.watch(socket_.fd(), EPOLLIN, [this](std::uint32_t) { receive(); }));
}

GroupListener::~GroupListener() {
    loop_.unwatch(socket_.fd());
}

void GroupListener::receive() {
    for (int i = 0; i < kMostInTurn; ++i) {
        const auto datagram = next_datagram(socket_.fd(), room_);
        if (!datagram) return;
        sink_({room_.data(), datagram->size}, datagram->source, datagram->interface);
    }
}

}  // namespace herald::sip
