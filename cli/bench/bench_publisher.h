// cli/bench/bench_publisher.h: those of the load generator who change state, one for each
// presentity: a PUBLISH with another document each time (RFC 3903 4), or, for bindings, a REGISTER
// (RFC 3261 10.2).
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "cli/bench/bench_fanout.h"
#include "cli/bench/bench_histogram.h"
#include "cli/bench/bench_traffic.h"

namespace herald::cli::bench {

/// Sockets of publishers; they come after those of the watchers. A device registers from one of
/// those before, where it can be reached.
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
        bool is_waiting_mail = false;  ///< what its mailbox said last
        bool is_queued = false;        ///< free, in queue_
        bool is_waiting = false;       ///< for an answer
    };

    void send(Exchange& exchange);
    RequestParts parts_of(const Exchange& exchange);
    RequestParts registration(const Exchange& exchange);
    void write_body(const Exchange& exchange);
    bool is_registering() const noexcept { return traffic_.plan.event == Event::reg; }
    void free(std::uint32_t presentity);

    Traffic& traffic_;
    FanOut& fan_out_;
    std::vector<Publisher> publishers_;
    std::deque<std::uint32_t> queue_;
    Histogram latencies_;
    std::uint64_t sequence_;
    /// What parts_of() points to.
    std::string aor_, tag_, body_, contact_, name_;
    const std::string registrar_;
};

}  // namespace herald::cli::bench
