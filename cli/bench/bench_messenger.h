// cli/bench/bench_messenger.h: users of the load generator who write to each other (RFC 3428): each
// MESSAGE is relayed to another socket, where its recipient registered, and is answered there.
#pragma once

#include <cstdint>
#include <string>

#include "cli/bench/bench_histogram.h"
#include "cli/bench/bench_traffic.h"

namespace herald::cli::bench {

class Messengers {
public:
    explicit Messengers(Traffic& traffic);

    /// Writes to the next user; false: no request can be made now.
    bool start(base::Instant intended);
    /// A MESSAGE came to somebody.
    void on_message() noexcept { ++received_; }
    void on_response(Exchange& exchange, int status, std::string_view response);
    void on_timeout(Exchange& exchange);

    std::size_t unfinished() const noexcept { return unfinished_; }
    /// MESSAGEs that came, repetitions included.
    std::uint64_t received() const noexcept { return received_; }
    /// From the intended time of a MESSAGE to its 2xx.
    Histogram& latencies() noexcept { return latencies_; }

private:
    void send(Exchange& exchange);
    RequestParts parts_of(const Exchange& exchange);
    std::uint32_t writer_to(std::uint32_t user) const noexcept;

    Traffic& traffic_;
    Histogram latencies_;
    std::uint32_t next_ = 0;
    std::uint64_t sequence_ = 0;
    std::size_t unfinished_ = 0;
    std::uint64_t received_ = 0;
    /// What parts_of() points to.
    std::string from_, to_, tag_;
    const std::string text_;
};

}  // namespace herald::cli::bench
