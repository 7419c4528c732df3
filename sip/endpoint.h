// sip/endpoint.h: an IP address with a port, and the Flow a message came over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>

namespace herald::sip {

/// IPv4 or IPv6 address and port. v4-mapped IPv6 is kept as IPv4, so equal addresses are equal
/// values.
class Endpoint {
public:
    Endpoint() noexcept = default;
    explicit Endpoint(const sockaddr* address) noexcept;
    /// `host` numeric, IPv6 with or without brackets; nullopt for a name.
    static std::optional<Endpoint> from(std::string_view host, std::uint16_t port);

    bool is_ipv6() const noexcept { return family_ == AF_INET6; }
    bool is_valid() const noexcept { return family_ != AF_UNSPEC; }
    bool is_loopback() const noexcept;
    bool is_any() const noexcept;
    /// Means nothing outside its own network: RFC 1918, 6598, 4193, link-local, loopback.
    bool is_private() const noexcept;
    std::uint16_t port() const noexcept { return port_; }
    void set_port(std::uint16_t port) noexcept { port_ = port; }
    std::string host() const;                  ///< numeric, no brackets
    std::string uri_host() const;              ///< numeric, IPv6 in brackets
    std::string to_string() const;             ///< 127.0.0.1:5060, [::1]:5060
    void append_host(std::string& out) const;  ///< as host(), without a string of its own
    /// Fills `out` and returns its length.
    socklen_t to_sockaddr(sockaddr_storage& out) const noexcept;

    /// For tables; `seed` is random, so that peers cannot choose addresses that collide.
    std::uint64_t hash(std::uint64_t seed) const noexcept;
    /// The same for all ports of an address, and for all addresses of a /64, which in IPv6 belong
    /// to one site (RFC 6177 2).
    std::uint64_t site_hash(std::uint64_t seed) const noexcept;

    friend bool operator==(const Endpoint&, const Endpoint&) = default;

private:
    unsigned char bytes_[16]{};  ///< network order; IPv4 in the first four
    std::uint32_t scope_ = 0;
    std::uint16_t port_ = 0;
    std::uint16_t family_ = AF_UNSPEC;
};

/// Same address, whatever the port.
bool same_host(const Endpoint& a, const Endpoint& b) noexcept;

enum class Protocol : std::uint8_t { udp, tcp, tls, ws, wss };
constexpr bool is_reliable(Protocol protocol) noexcept {
    return protocol != Protocol::udp;
}
/// Nobody between here and the next hop can read it, or change it.
constexpr bool is_secure(Protocol protocol) noexcept {
    return protocol == Protocol::tls || protocol == Protocol::wss;
}
/// As in a Via: "UDP".
std::string_view via_name(Protocol protocol) noexcept;
/// As in a URI: "udp".
std::string_view uri_name(Protocol protocol) noexcept;
std::optional<Protocol> protocol_of(std::string_view name) noexcept;

/// The way a message came, and the way back (RFC 5626 calls it a flow). A value: for UDP the
/// listener and the peer, for streams also which connection. A stale stream flow is noticed when it
/// is used.
struct Flow {
    Endpoint peer;
    Protocol protocol = Protocol::udp;
    std::uint8_t listener = 0;        ///< index of the listener it came in by, or leaves from
    std::uint16_t shard = 0;          ///< who owns the connection (streams)
    std::uint32_t slot = UINT32_MAX;  ///< connection (streams)
    std::uint32_t generation = 0;     ///< of the connection; of a datagram: local(), by number

    /// The address of this machine that a datagram came to, port 0, where the listener is bound to
    /// all of them: what goes back leaves from there. None: the system chooses.
    Endpoint local() const noexcept;
    void leave_from(const Endpoint& local) noexcept;

    friend bool operator==(const Flow&, const Flow&) = default;
};

}  // namespace herald::sip
