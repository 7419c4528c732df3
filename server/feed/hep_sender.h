// server/feed/hep_sender.h: traced SIP messages for a collector (Homer, sngrep -L), as HEP version
// 3 over UDP.
//
//   "HEP3"  length of all (2 bytes)  chunk ...
//   chunk:  vendor 0 (2)  type (2)  length with these six bytes (2)  value
//
// Numbers are in network order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "base/result.h"
#include "base/time.h"
#include "sip/endpoint.h"
#include "sip/tap.h"

namespace herald::server {

struct TracedMessage;

/// Never waits: what does not go at once is dropped and counted. One thread at a time.
class HepSender {
public:
    /// More in a second are dropped: a trace must not take the server's time.
    static constexpr std::uint32_t kMostPerSecond = 2000;

    /// `node` tells the collector who sent it. Faults: io.
    static Result<std::unique_ptr<HepSender>> open(const sip::Endpoint& collector,
                                                   std::uint32_t node, base::Metrics& metrics);
    ~HepSender();
    HepSender(const HepSender&) = delete;
    HepSender& operator=(const HepSender&) = delete;

    void send(const TracedMessage& message, base::Instant now);

private:
    HepSender(int fd, std::uint32_t node, base::Metrics& metrics);
    bool has_turn(base::Instant now);

    const int fd_;
    const std::uint32_t node_;
    base::Instant second_{};  ///< when the count began
    std::uint32_t in_second_ = 0;
    base::Counter& sent_;
    base::Counter& hurried_;   ///< dropped: too many a second
    base::Counter& refused_;   ///< ... the system did not take it, or nobody listens there
    base::Counter& too_long_;  ///< ... it fits no datagram
};

/// One packet; `message` has local and peer of the same family.
std::string hep_packet(const TracedMessage& message, std::uint32_t node);

}  // namespace herald::server
