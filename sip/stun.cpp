// sip/stun.cpp: keep-alives by UDP: STUN Binding requests on the port of SIP (RFC 5626 8, RFC
// 5389).
#include "sip/stun.h"

#include <cstdint>
#include <vector>

#include <netinet/in.h>

namespace herald::sip {
namespace {

constexpr std::size_t kHead = 20;
constexpr std::uint32_t kCookie = 0x2112A442;
constexpr std::uint16_t kBindingRequest = 0x0001;
constexpr std::uint16_t kBindingSuccess = 0x0101;
constexpr std::uint16_t kBindingError = 0x0111;
constexpr std::uint16_t kErrorCode = 0x0009;
constexpr std::uint16_t kUnknownAttributes = 0x000A;
constexpr std::uint16_t kXorMappedAddress = 0x0020;
/// Attributes below this one are to be understood (RFC 5389 15).
constexpr std::uint16_t kOptional = 0x8000;
constexpr std::size_t kMostNamed = 4;

constexpr base::RateLimit::Rate kOfSource{.per_second = 50, .burst = 500};
constexpr base::RateLimit::Rate kInAll{.per_second = 5000, .burst = 20000};

std::uint16_t read16(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                      static_cast<unsigned char>(bytes[at + 1]));
}

std::uint32_t read32(std::string_view bytes, std::size_t at) {
    return std::uint32_t{read16(bytes, at)} << 16 | read16(bytes, at + 2);
}

void append16(std::string& out, std::size_t value) {
    out += static_cast<char>(value >> 8 & 0xFF);
    out += static_cast<char>(value & 0xFF);
}

/// Whether `datagram` is a Binding request of RFC 5389, of which nothing lacks.
bool is_binding_request(std::string_view datagram) {
    if (datagram.size() < kHead || datagram.size() % 4 != 0) return false;
    return read16(datagram, 0) == kBindingRequest &&
           read16(datagram, 2) == datagram.size() - kHead && read32(datagram, 4) == kCookie;
}

/// The attributes that would have to be understood, the first few; nullopt: they cannot be read.
std::optional<std::vector<std::uint16_t>> unknown_in(std::string_view attributes) {
    std::vector<std::uint16_t> unknown;
    while (!attributes.empty()) {
        const std::uint16_t type = read16(attributes, 0);
        const std::size_t size = (std::size_t{read16(attributes, 2)} + 3) / 4 * 4;
        if (attributes.size() < 4 + size) return std::nullopt;
        if (type < kOptional && unknown.size() < kMostNamed) unknown.push_back(type);
        attributes.remove_prefix(4 + size);
    }
    return unknown;
}

void append_stun_head(std::string& out, std::uint16_t type, std::size_t size,
                      std::string_view request) {
    append16(out, type);
    append16(out, size);
    out += request.substr(4, kHead - 4);
}

/// RFC 5389 15.2: each octet of the address is mixed with the cookie and the transaction id.
std::string mapped(std::string_view request, const Endpoint& source) {
    sockaddr_storage address{};
    source.to_sockaddr(address);
    const auto* const octets =
        source.is_ipv6()
            ? reinterpret_cast<const char*>(&reinterpret_cast<sockaddr_in6&>(address).sin6_addr)
            : reinterpret_cast<const char*>(&reinterpret_cast<sockaddr_in&>(address).sin_addr);
    const std::size_t size = source.is_ipv6() ? 16 : 4;
    std::string out;
    append_stun_head(out, kBindingSuccess, 8 + size, request);
    append16(out, kXorMappedAddress);
    append16(out, 4 + size);
    append16(out, source.is_ipv6() ? 2 : 1);
    append16(out, source.port() ^ kCookie >> 16);
    for (std::size_t i = 0; i < size; ++i)
        out += static_cast<char>(static_cast<unsigned char>(octets[i]) ^
                                 static_cast<unsigned char>(request[4 + i]));
    return out;
}

/// RFC 5389 7.3.1, 15.6, 15.9: 420, with the attributes, padded to a multiple of four.
std::string stun_refusal(std::string_view request, const std::vector<std::uint16_t>& unknown) {
    const std::size_t padding = unknown.size() % 2 * 2;
    std::string out;
    append_stun_head(out, kBindingError, 8 + 4 + 2 * unknown.size() + padding, request);
    append16(out, kErrorCode);
    append16(out, 4);
    append16(out, 0);
    append16(out, 4 << 8 | 20);
    append16(out, kUnknownAttributes);
    append16(out, 2 * unknown.size());
    for (const std::uint16_t type : unknown) append16(out, type);
    out.append(padding, '\0');
    return out;
}

base::Counter& counter(base::Metrics& metrics, const char* result) {
    return metrics.counter("herald_stun_requests_total", "STUN keep-alives by UDP, by result",
                           {{"result", result}});
}

}  // namespace

std::optional<std::string> stun_answer(std::string_view datagram, const Endpoint& source) {
    if (!is_binding_request(datagram)) return std::nullopt;
    const auto unknown = unknown_in(datagram.substr(kHead));
    if (!unknown) return std::nullopt;
    return unknown->empty() ? mapped(datagram, source) : stun_refusal(datagram, *unknown);
}

StunAnswers::StunAnswers(base::Metrics& metrics)
    : answered_(counter(metrics, "answered")), limited_(counter(metrics, "limited")) {}

std::optional<std::string> StunAnswers::answer(std::string_view datagram, const Endpoint& source,
                                               base::Instant now) {
    auto text = stun_answer(datagram, source);
    if (!text) return std::nullopt;
    const bool is_due = rate_.take(source.site_hash(seed_), kOfSource, now) == 0 &&
                        rate_.take(seed_, kInAll, now) == 0;
    (is_due ? answered_ : limited_).add();
    if (!is_due) text.reset();
    return text;
}

}  // namespace herald::sip
