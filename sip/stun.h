// sip/stun.h: keep-alives by UDP: STUN Binding requests on the port of SIP (RFC 5626 4.4.2, 8;
// RFC 5389).
//
//   type 16 | length 16 | magic cookie 32 | transaction id 96 | attributes, each type 16, length 16
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "base/rate_limit.h"
#include "base/time.h"
#include "sip/endpoint.h"

namespace herald::sip {

/// The answer to a Binding request that came from `source`: 200 with XOR-MAPPED-ADDRESS, or 420
/// where it wants attributes to be understood that are not, a few of which it lists. Never more
/// than 64 bytes, and less than three times the request. nullopt: it is none, or broken.
std::optional<std::string> stun_answer(std::string_view datagram, const Endpoint& source);

/// The same within limits: a keep-alive comes every half minute, and whoever sends many lends us to
/// somebody else's flood.
class StunAnswers {
public:
    explicit StunAnswers(base::Metrics& metrics);

    /// nullopt also where there were too many, from this source or in all.
    std::optional<std::string> answer(std::string_view datagram, const Endpoint& source,
                                      base::Instant now);

private:
    base::RateLimit rate_{64 << 10};
    base::Counter& answered_;
    base::Counter& limited_;
    const std::uint64_t seed_ = base::random_u64();
};

}  // namespace herald::sip
