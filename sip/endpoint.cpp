// sip/endpoint.cpp: numeric addresses to and from text and sockaddr, and the names of transports.
#include "sip/endpoint.h"

#include <cstring>

#include <arpa/inet.h>

#include "base/id.h"
#include "base/text.h"

namespace herald::sip {
namespace {

constexpr unsigned char kMappedPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct ProtocolNames {
    std::string_view via;
    std::string_view uri;
};
constexpr ProtocolNames kProtocols[] = {
    {"UDP", "udp"}, {"TCP", "tcp"}, {"TLS", "tls"}, {"WS", "ws"}, {"WSS", "wss"}};

}  // namespace

Endpoint::Endpoint(const sockaddr* address) noexcept {
    if (address->sa_family == AF_INET) {
        sockaddr_in in;
        std::memcpy(&in, address, sizeof in);
        std::memcpy(bytes_, &in.sin_addr, 4);
        port_ = ntohs(in.sin_port);
        family_ = AF_INET;
    } else if (address->sa_family == AF_INET6) {
        sockaddr_in6 in;
        std::memcpy(&in, address, sizeof in);
        port_ = ntohs(in.sin6_port);
        if (std::memcmp(&in.sin6_addr, kMappedPrefix, sizeof kMappedPrefix) == 0) {
            std::memcpy(bytes_, in.sin6_addr.s6_addr + 12, 4);
            family_ = AF_INET;
        } else {
            std::memcpy(bytes_, &in.sin6_addr, 16);
            scope_ = in.sin6_scope_id;
            family_ = AF_INET6;
        }
    }
}

std::optional<Endpoint> Endpoint::from(std::string_view host, std::uint16_t port) {
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
        if (host.find(':') == std::string_view::npos) return std::nullopt;
    }
    char text[INET6_ADDRSTRLEN];
    if (host.empty() || host.size() >= sizeof text) return std::nullopt;
    // inet_pton() would stop at a NUL and take what stands before it for the whole.
    if (std::memchr(host.data(), '\0', host.size()) != nullptr) return std::nullopt;
    std::memcpy(text, host.data(), host.size());
    text[host.size()] = '\0';

    if (host.find(':') == std::string_view::npos) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(port);
        if (inet_pton(AF_INET, text, &in.sin_addr) != 1) return std::nullopt;
        return Endpoint(reinterpret_cast<const sockaddr*>(&in));
    }
    // The grammar of RFC 3261 makes three colons of what should be two (RFC 5118 4.10).
    if (char* const extra = std::strstr(text, ":::")) {
        std::memmove(extra, extra + 1, std::strlen(extra));
    }
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    if (inet_pton(AF_INET6, text, &in.sin6_addr) != 1) return std::nullopt;
    return Endpoint(reinterpret_cast<const sockaddr*>(&in));
}

std::uint64_t Endpoint::hash(std::uint64_t seed) const noexcept {
    const std::uint32_t rest[2] = {std::uint32_t{family_} << 16 | port_, scope_};
    // An IPv4 address is four bytes, and has no scope.
    const std::size_t address = is_ipv6() ? sizeof bytes_ : 4;
    const std::size_t others = is_ipv6() ? sizeof rest : sizeof rest[0];
    char key[sizeof bytes_ + sizeof rest];
    std::memcpy(key, bytes_, address);
    std::memcpy(key + address, rest, others);
    return base::keyed_hash({seed, 0}, {key, address + others});
}

std::uint64_t Endpoint::site_hash(std::uint64_t seed) const noexcept {
    Endpoint site = *this;
    site.port_ = 0;
    if (is_ipv6()) std::memset(site.bytes_ + 8, 0, 8);
    return site.hash(seed);
}

bool Endpoint::is_loopback() const noexcept {
    if (family_ == AF_INET) return bytes_[0] == 127;
    return family_ == AF_INET6 && std::memcmp(bytes_, &in6addr_loopback, 16) == 0;
}

bool Endpoint::is_any() const noexcept {
    constexpr unsigned char kZero[16]{};
    return is_valid() && std::memcmp(bytes_, kZero, sizeof kZero) == 0;
}

bool Endpoint::is_private() const noexcept {
    if (is_loopback()) return true;
    const unsigned first = bytes_[0];
    const unsigned second = bytes_[1];
    if (is_ipv6()) return (first & 0xfe) == 0xfc || (first == 0xfe && (second & 0xc0) == 0x80);
    return first == 10 || (first == 172 && (second & 0xf0) == 16) ||
           (first == 192 && second == 168) || (first == 169 && second == 254) ||
           (first == 100 && (second & 0xc0) == 64);
}

void Endpoint::append_host(std::string& out) const {
    if (is_ipv6()) {
        char text[INET6_ADDRSTRLEN];
        if (inet_ntop(AF_INET6, bytes_, text, sizeof text) != nullptr) out += text;
    } else if (is_valid()) {
        for (int i = 0; i < 4; ++i) {
            if (i != 0) out += '.';
            base::append_number(out, bytes_[i]);
        }
    }
}

std::string Endpoint::host() const {
    std::string text;
    append_host(text);
    return text;
}

std::string Endpoint::uri_host() const {
    return is_ipv6() ? '[' + host() + ']' : host();
}

std::string Endpoint::to_string() const {
    std::string text = uri_host();
    text += ':';
    base::append_number(text, port_);
    return text;
}

socklen_t Endpoint::to_sockaddr(sockaddr_storage& out) const noexcept {
    out = {};
    if (family_ == AF_INET6) {
        sockaddr_in6 in{};
        in.sin6_family = AF_INET6;
        in.sin6_port = htons(port_);
        in.sin6_scope_id = scope_;
        std::memcpy(&in.sin6_addr, bytes_, 16);
        std::memcpy(&out, &in, sizeof in);
        return sizeof in;
    }
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port_);
    std::memcpy(&in.sin_addr, bytes_, 4);
    std::memcpy(&out, &in, sizeof in);
    return sizeof in;
}

bool same_host(const Endpoint& a, const Endpoint& b) noexcept {
    Endpoint c = b;
    c.set_port(a.port());
    return a == c;
}

std::string_view via_name(Protocol protocol) noexcept {
    return kProtocols[static_cast<std::size_t>(protocol)].via;
}

std::string_view uri_name(Protocol protocol) noexcept {
    return kProtocols[static_cast<std::size_t>(protocol)].uri;
}

std::optional<Protocol> protocol_of(std::string_view name) noexcept {
    for (std::size_t i = 0; i < std::size(kProtocols); ++i) {
        if (base::iequals(name, kProtocols[i].uri)) return static_cast<Protocol>(i);
    }
    return std::nullopt;
}

}  // namespace herald::sip
