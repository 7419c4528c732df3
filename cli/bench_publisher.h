// cli/bench_publisher.h: the publishers of the load generator (RFC 3903 4), one for each
// presentity, each PUBLISH with another document.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "cli/bench_fanout.h"
#include "cli/bench_histogram.h"
#include "cli/bench_traffic.h"

namespace herald::cli::bench {

/// Sockets of publishers; they come after those of the watchers.
constexpr std::uint32_t kPublisherPorts = 16;

class Publishers {
public:
    /// `first_sequence` is above that of any earlier run.
    Publishers(Traffic& traffic, FanOut& fan_out, std::uint64_t first_sequence);

    /// Publishes for the presentity that had its last turn longest ago and is free: in a closed
    /// loop its last PUBLISH must have reached all watchers, in an open loop only have been
    /// answered. False: none is free.
    bool start(base::Instant intended);
    void on_response(Exchange& exchange, int status, std::string_view response);
    void on_timeout(Exchange& exchange);
    /// Frees those whose PUBLISH is finished. Call once a turn.
    void recycle();
    /// Forgets what is under way; entity-tags stay.
    void forget_requests();

    /// From the intended time of a PUBLISH to its 200.
    Histogram& latencies() noexcept { return latencies_; }

private:
    struct Publisher {
        std::string entity_tag;
        std::uint32_t cseq = 0;
        bool is_queued = false;   ///< free, in queue_
        bool is_waiting = false;  ///< for an answer
    };

    void send(Exchange& exchange);
    RequestParts parts_of(const Exchange& exchange);
    void free(std::uint32_t presentity);

    Traffic& traffic_;
    FanOut& fan_out_;
    std::vector<Publisher> publishers_;
    std::deque<std::uint32_t> queue_;
    Histogram latencies_;
    std::uint64_t sequence_;
    /// What parts_of() points to.
    std::string aor_, tag_, body_;
};

}  // namespace herald::cli::bench
