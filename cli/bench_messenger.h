// cli/bench_messenger.h: users of the load generator who register and write to each other (RFC
// 3428): each MESSAGE is relayed to another socket, which answers it.
#pragma once

#include <cstdint>
#include <string>

#include "cli/bench_histogram.h"
#include "cli/bench_traffic.h"

namespace herald::cli::bench {

class Messengers {
public:
    explicit Messengers(Traffic& traffic);

    /// Registers the next user at a socket of his; false: all are registered, or on their way.
    bool start_register(base::Instant intended);
    /// Writes to the next user; false: no request can be made now.
    bool start_message(base::Instant intended);
    /// A MESSAGE came to somebody.
    void on_message() noexcept { ++received_; }
    void on_response(Exchange& exchange, int status, std::string_view response);
    void on_timeout(Exchange& exchange);

    std::size_t unfinished() const noexcept { return unfinished_; }
    /// MESSAGEs that came, repetitions included.
    std::uint64_t received() const noexcept { return received_; }
    /// From the intended time of a request to its 2xx.
    Histogram& latencies() noexcept { return latencies_; }

private:
    void start(Exchange::Kind kind, std::uint32_t user, std::uint32_t port, base::Instant intended);
    void send(Exchange& exchange);
    RequestParts parts_of(const Exchange& exchange);
    std::uint32_t writer_to(std::uint32_t user) const noexcept;

    Traffic& traffic_;
    Histogram latencies_;
    std::uint32_t next_register_ = 0;
    std::uint32_t next_message_ = 0;
    std::uint32_t cseq_ = 0;
    std::size_t unfinished_ = 0;
    std::uint64_t received_ = 0;
    /// What parts_of() points to.
    std::string from_, to_, tag_, request_uri_, contact_;
    const std::string text_;
};

}  // namespace herald::cli::bench
