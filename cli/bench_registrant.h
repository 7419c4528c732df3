// cli/bench_registrant.h: the devices of the load generator that register (RFC 3261 10.2): one for
// each presentity, refreshing its one contact.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "cli/bench_histogram.h"
#include "cli/bench_traffic.h"
#include "cli/bench_wire.h"

namespace herald::cli::bench {

class Registrants {
public:
    explicit Registrants(Traffic& traffic);

    /// The first REGISTER of the device after the last one. False: all had theirs.
    bool start_first(base::Instant intended);
    /// Refreshes the device that had its last turn longest ago and waits for no answer. False: none
    /// does.
    bool start_refresh(base::Instant intended);
    void on_response(Exchange& exchange, int status, std::string_view response);
    void on_timeout(Exchange& exchange);

    std::size_t unfinished() const noexcept { return unfinished_; }
    /// From the intended time of a REGISTER to its 200.
    Histogram& latencies() noexcept { return latencies_; }

private:
    void ask(std::uint32_t number, base::Instant intended);
    void send(Exchange& exchange);
    RequestParts parts_of(const Exchange& exchange);
    void finish(const Exchange& exchange);

    Traffic& traffic_;
    std::vector<std::uint32_t> cseqs_;  ///< of the next REGISTER, by device
    std::deque<std::uint32_t> free_;    ///< registered, no request under way
    std::uint32_t next_first_ = 0;
    std::size_t unfinished_ = 0;
    Histogram latencies_;
    /// What parts_of() points to.
    std::string aor_, tag_, contact_, registrar_;
};

}  // namespace herald::cli::bench
