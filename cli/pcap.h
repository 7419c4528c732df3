// cli/pcap.h: SIP messages as a capture file that Wireshark and sngrep read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sip/endpoint.h"

namespace herald::cli {

/// What a capture file begins with: packets of raw IP.
std::string pcap_heading();

struct CapturedMessage {
    std::int64_t at_ms = 0;  ///< since 1970
    sip::Endpoint from, to;  ///< of one family
    std::string_view bytes;
};
/// One packet: a datagram of UDP, whatever carried the message. What is longer than a datagram is
/// cut.
std::string pcap_packet(const CapturedMessage& message);

}  // namespace herald::cli
