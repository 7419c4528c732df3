// tests/unit/cli/pcap_test.cpp: captures, byte by byte.
#include "cli/pcap.h"

#include <string>

#include <doctest/doctest.h>

#include "base/text.h"

namespace herald::cli::pcap_test {

TEST_CASE("a capture is of raw IP, and each message a datagram with a good checksum") {
    CHECK(pcap_heading().size() == 24);
    const auto packet = pcap_packet({.at_ms = 1'800'000'000'123,
                                     .from = *sip::Endpoint::from("192.0.2.7", 5060),
                                     .to = *sip::Endpoint::from("192.0.2.1", 5061),
                                     .bytes = "hi"});

    REQUIRE(packet.size() == 16 + 20 + 8 + 2);
    const auto ip = packet.substr(16);
    CHECK(base::to_hex(ip.substr(0, 10)) == "4500001e000000004011");
    CHECK(base::to_hex(ip.substr(12, 8)) == "c0000207c0000201");
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < 20; i += 2) {
        sum += static_cast<unsigned char>(ip[i]) << 8 | static_cast<unsigned char>(ip[i + 1]);
    }
    while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
    CHECK(sum == 0xFFFF);
    CHECK(base::to_hex(ip.substr(20, 8)) == "13c413c5000a0000");
    CHECK(ip.substr(28) == "hi");
}

TEST_CASE("a capture of IPv6, and what is longer than a datagram") {
    const std::string longer(70000, 'x');
    const auto packet = pcap_packet({.at_ms = 0,
                                     .from = *sip::Endpoint::from("2001:db8::7", 5060),
                                     .to = *sip::Endpoint::from("2001:db8::1", 5060),
                                     .bytes = longer});
    CHECK(packet.size() == 16 + 65535);
    CHECK(base::to_hex(packet.substr(16, 8)) == "60000000ffd71140");
}

}  // namespace herald::cli::pcap_test
