// sip/tls_failures.h: handshakes that came to nothing: counted all, told once for each peer.
#pragma once

#include <string_view>
#include <unordered_set>

#include "base/id.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/time.h"
#include "sip/endpoint.h"

namespace herald::sip {

/// Of one shard. A peer is told of again after an hour; strangers cannot fill the log by coming
/// from many addresses: so many lines an hour are enough.
class TlsFailures {
public:
    explicit TlsFailures(base::Metrics& metrics);

    /// `domain` is who the peer should have been; empty: it came by itself.
    void note(const Endpoint& peer, std::string_view domain, const Fault& fault, base::Instant now);

private:
    bool is_news(const Endpoint& peer, base::Instant now);

    base::Metrics& metrics_;
    const std::uint64_t seed_ = base::random_u64();
    std::unordered_set<std::uint64_t> told_;  ///< of this hour, by hash of the site
    base::Instant since_{};                   ///< when the hour began
};

}  // namespace herald::sip
