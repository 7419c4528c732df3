// server/feed/hep_sender.cpp: traced SIP messages for a collector, as HEP version 3 over UDP.
#include "server/feed/hep_sender.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "server/feed/trace.h"

namespace herald::server {

namespace {

/// Types of chunks, as the HEP specification numbers them.
enum class Chunk : std::uint16_t {
    family = 0x0001,
    transport = 0x0002,
    ipv4_source = 0x0003,
    ipv4_destination = 0x0004,
    ipv6_source = 0x0005,
    ipv6_destination = 0x0006,
    source_port = 0x0007,
    destination_port = 0x0008,
    seconds = 0x0009,
    microseconds = 0x000a,
    protocol = 0x000b,
    node = 0x000c,
    payload = 0x000f,
    correlation = 0x0011,
};

constexpr std::uint8_t kIpv4 = 2, kIpv6 = 10;
constexpr std::uint8_t kUdp = 17, kTcp = 6;
constexpr std::uint8_t kSip = 1;
constexpr std::size_t kChunkHead = 6;
constexpr std::size_t kLongestDatagram = 65507;
/// A Call-ID may be as long as a message; collectors index it.
constexpr std::size_t kLongestCorrelation = 255;

void append_number(std::string& out, std::uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        out += static_cast<char>(value >> shift & 0xff);
}

void append(std::string& out, Chunk type, std::string_view value) {
    append_number(out, 0, 2);
    append_number(out, static_cast<std::uint16_t>(type), 2);
    append_number(out, kChunkHead + value.size(), 2);
    out += value;
}

void append(std::string& out, Chunk type, std::uint64_t value, int bytes) {
    std::string text;
    append_number(text, value, bytes);
    append(out, type, text);
}

/// As it stands in an IP packet.
std::string address_of(const sip::Endpoint& endpoint) {
    sockaddr_storage storage{};
    endpoint.to_sockaddr(storage);
    if (endpoint.is_ipv6()) {
        const auto& address = reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr;
        return {reinterpret_cast<const char*>(&address), sizeof address};
    }
    const auto& address = reinterpret_cast<const sockaddr_in&>(storage).sin_addr;
    return {reinterpret_cast<const char*>(&address), sizeof address};
}

/// The Call-ID: what a collector finds the messages of one dialog by. Empty where it is too long.
std::string_view call_id_of(std::string_view message) {
    std::string_view head = message.substr(0, message.find("\r\n\r\n"));
    while (!head.empty()) {
        const auto [line, after, found] = base::split_once(head, '\n');
        head = after;
        const auto [name, value, has_colon] = base::split_once(line, ':');
        const bool is_it = base::iequals(base::trim(name), "call-id") || base::trim(name) == "i";
        if (!has_colon || !is_it) continue;
        const auto id = base::trim(value);
        return id.size() <= kLongestCorrelation ? id : std::string_view();
    }
    return {};
}

base::Counter& dropped(base::Metrics& metrics, const char* why) {
    return metrics.counter("herald_hep_dropped_total", "Traced messages the collector did not get",
                           {{"reason", why}});
}

}  // namespace

std::string hep_packet(const TracedMessage& message, std::uint32_t node) {
    const bool is_in = message.direction == sip::Direction::in;
    const auto& source = is_in ? message.peer : message.local;
    const auto& destination = is_in ? message.local : message.peer;
    const bool is_ipv6 = source.is_ipv6();
    const auto at = static_cast<std::uint64_t>(message.at.time_since_epoch().count());
    std::string packet = "HEP3";
    append_number(packet, 0, 2);
    append(packet, Chunk::family, is_ipv6 ? kIpv6 : kIpv4, 1);
    append(packet, Chunk::transport, sip::is_reliable(message.protocol) ? kTcp : kUdp, 1);
    append(packet, is_ipv6 ? Chunk::ipv6_source : Chunk::ipv4_source, address_of(source));
    append(packet, is_ipv6 ? Chunk::ipv6_destination : Chunk::ipv4_destination,
           address_of(destination));
    append(packet, Chunk::source_port, source.port(), 2);
    append(packet, Chunk::destination_port, destination.port(), 2);
    append(packet, Chunk::seconds, at / 1000, 4);
    append(packet, Chunk::microseconds, at % 1000 * 1000, 4);
    append(packet, Chunk::protocol, kSip, 1);
    append(packet, Chunk::node, node, 4);
    const auto call_id = call_id_of(message.bytes);
    if (!call_id.empty()) append(packet, Chunk::correlation, call_id);
    if (packet.size() + kChunkHead + message.bytes.size() > kLongestDatagram) return {};
    append(packet, Chunk::payload, message.bytes);
    std::string length;
    append_number(length, packet.size(), 2);
    return packet.replace(4, 2, length);
}

Result<std::unique_ptr<HepSender>> HepSender::open(const sip::Endpoint& collector,
                                                   std::uint32_t node, base::Metrics& metrics) {
    const auto failure = [&] {
        return Fault{FaultKind::io,
                     "server.hep " + collector.to_string() + ": " + std::strerror(errno)};
    };
    const int fd = ::socket(collector.is_ipv6() ? AF_INET6 : AF_INET,
                            SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return failure();
    sockaddr_storage address{};
    const auto length = collector.to_sockaddr(address);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
        const auto fault = failure();
        ::close(fd);
        return fault;
    }
    return std::unique_ptr<HepSender>(new HepSender(fd, node, metrics));
}

HepSender::HepSender(int fd, std::uint32_t node, base::Metrics& metrics)
    : fd_(fd),
      node_(node),
      sent_(metrics.counter("herald_hep_sent_total", "Traced messages sent to the collector")),
      hurried_(dropped(metrics, "rate")),
      refused_(dropped(metrics, "not taken")),
      too_long_(dropped(metrics, "too long")) {}

HepSender::~HepSender() {
    ::close(fd_);
}

bool HepSender::has_turn(base::Instant now) {
    if (now - second_ >= std::chrono::seconds(1)) {
        second_ = now;
        in_second_ = 0;
    }
    return in_second_++ < kMostPerSecond;
}

void HepSender::send(const TracedMessage& message, base::Instant now) {
    if (!has_turn(now)) return hurried_.add();
    const auto packet = hep_packet(message, node_);
    if (packet.empty()) return too_long_.add();
    const auto sent = ::send(fd_, packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    // What an earlier packet met (ICMP) is told once; this one may go all the same.
    const bool is_again = sent < 0 && errno == ECONNREFUSED;
    if (is_again) refused_.add();
    const auto last =
        is_again ? ::send(fd_, packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT) : sent;
    (last == static_cast<ssize_t>(packet.size()) ? sent_ : refused_).add();
}

}  // namespace herald::server
