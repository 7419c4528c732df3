// sip/multicast.h: datagrams to a group of IPv4 hosts, heard on some interfaces of this machine
// (RFC 1112), and on no others.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/loop.h"
#include "base/result.h"
#include "sip/endpoint.h"
#include "sip/socket.h"

namespace herald::sip {

/// A socket that hears what is sent to `group`, and to nobody else, on the `interfaces` named.
/// Shares the port with a listener on all addresses (bind_socket()). Faults: io, limit_reached,
/// invalid_configuration (no such interface).
Result<Socket> join_group(const Endpoint& group, const std::vector<std::string>& interfaces);

/// Whether `peer` has an address of the network that the interface of this index is in: nobody
/// outside can be answered by mistake.
bool is_on_link(const Endpoint& peer, unsigned interface);

/// Reads such a socket, on the loop's thread.
class GroupListener {
public:
    /// A datagram: its bytes, which may be changed in place; who says to have sent it; the index of
    /// the interface it came by.
    using Sink =
        std::function<void(std::span<char> bytes, const Endpoint& source, unsigned interface)>;

    GroupListener(base::Loop& loop, Socket socket, Sink sink);
    ~GroupListener();
    GroupListener(const GroupListener&) = delete;
    GroupListener& operator=(const GroupListener&) = delete;

private:
    void receive();

    base::Loop& loop_;
    Socket socket_;
    Sink sink_;
    std::vector<char> room_;
};

}  // namespace herald::sip
