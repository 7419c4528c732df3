// cli/pcap.cpp: SIP messages as a capture file.
#include "cli/pcap.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <netinet/in.h>

namespace herald::cli {
namespace {

constexpr std::uint32_t kMagic = 0xA1B2C3D4;  ///< microseconds, in the order of this machine
constexpr std::uint32_t kRawIp = 101;
constexpr std::uint32_t kLongestPacket = 65535;
constexpr std::size_t kIpv4 = 20, kIpv6 = 40, kUdp = 8;
constexpr std::uint8_t kUdpProtocol = 17, kHops = 64;

template <class T>
void append_native(std::string& out, T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out.append(bytes, sizeof bytes);
}

void append_u16(std::string& out, std::size_t value) {
    out += static_cast<char>(value >> 8 & 0xFF);
    out += static_cast<char>(value & 0xFF);
}

void append_address(std::string& out, const sip::Endpoint& endpoint) {
    sockaddr_storage storage{};
    endpoint.to_sockaddr(storage);
    if (endpoint.is_ipv6()) {
        const auto& address = reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr;
        out.append(reinterpret_cast<const char*>(&address), sizeof address);
    } else {
        const auto& address = reinterpret_cast<const sockaddr_in&>(storage).sin_addr;
        out.append(reinterpret_cast<const char*>(&address), sizeof address);
    }
}

/// RFC 1071, of an even number of bytes.
std::uint16_t checksum(std::string_view header) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i + 1 < header.size(); i += 2) {
        sum +=
            static_cast<unsigned char>(header[i]) << 8 | static_cast<unsigned char>(header[i + 1]);
    }
    while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

std::string ipv4_header(const CapturedMessage& message, std::size_t payload) {
    std::string header("\x45\0", 2);
    append_u16(header, kIpv4 + payload);
    header.append(4, '\0');
    header += static_cast<char>(kHops);
    header += static_cast<char>(kUdpProtocol);
    header.append(2, '\0');
    append_address(header, message.from);
    append_address(header, message.to);
    const auto sum = checksum(header);
    header[10] = static_cast<char>(sum >> 8);
    header[11] = static_cast<char>(sum & 0xFF);
    return header;
}

std::string ipv6_header(const CapturedMessage& message, std::size_t payload) {
    std::string header("\x60\0\0\0", 4);
    append_u16(header, payload);
    header += static_cast<char>(kUdpProtocol);
    header += static_cast<char>(kHops);
    append_address(header, message.from);
    append_address(header, message.to);
    return header;
}

}  // namespace

std::string pcap_heading() {
    std::string out;
    append_native(out, kMagic);
    append_native(out, std::uint16_t{2});
    append_native(out, std::uint16_t{4});
    append_native(out, std::uint32_t{0});
    append_native(out, std::uint32_t{0});
    append_native(out, kLongestPacket);
    append_native(out, kRawIp);
    return out;
}

std::string pcap_packet(const CapturedMessage& message) {
    const auto bytes = message.bytes.substr(0, kLongestPacket - kIpv6 - kUdp);
    const auto payload = kUdp + bytes.size();
    std::string packet =
        message.from.is_ipv6() ? ipv6_header(message, payload) : ipv4_header(message, payload);
    append_u16(packet, message.from.port());
    append_u16(packet, message.to.port());
    append_u16(packet, payload);
    append_u16(packet, 0);  // no checksum
    packet += bytes;

    std::string out;
    append_native(out, static_cast<std::uint32_t>(message.at_ms / 1000));
    append_native(out, static_cast<std::uint32_t>(message.at_ms % 1000 * 1000));
    append_native(out, static_cast<std::uint32_t>(packet.size()));
    append_native(out, static_cast<std::uint32_t>(packet.size()));
    return out + packet;
}

}  // namespace herald::cli
