// sip/socket.h: descriptors of UDP and TCP sockets: made, bound, named; every refusal in words.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "base/result.h"
#include "sip/endpoint.h"

namespace herald::sip {

/// Owns a descriptor.
class Socket {
public:
    Socket() = default;
    explicit Socket(int fd) noexcept : fd_(fd) {}
    Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Socket& operator=(Socket&& other) noexcept;
    ~Socket();

    int fd() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }

private:
    int fd_ = -1;
};

enum class Sharing : unsigned char { alone, with_other_shards };

/// A non-blocking socket bound to `address`; an IPv6 one serves IPv6 only. With Sharing::alone a
/// port that anybody else has is refused, SO_REUSEPORT or not. Faults: io, limit_reached.
Result<Socket> bind_socket(Protocol protocol, const Endpoint& address, Sharing sharing);
/// A non-blocking TCP socket that connects to `peer`: now, or soon, or not (SO_ERROR tells).
/// Faults: unreachable, limit_reached.
Result<Socket> connect_socket(const Endpoint& peer);

/// The address `socket` is bound to.
Endpoint local_endpoint(const Socket& socket);
/// Sets SO_RCVBUF or SO_SNDBUF to `bytes`, or as near as the system allows.
void set_buffer(const Socket& socket, int option, int bytes);
/// An address of this machine that others may reach, for a listener on all of them: loopback where
/// there is no other.
Endpoint own_address(const Endpoint& any);

/// The one that should talk to `peer` among what is bound to `a` and `b`: true for `a`. Loopback
/// keeps to loopback.
bool suits_better(const Endpoint& a, const Endpoint& b, const Endpoint& peer);

}  // namespace herald::sip
