// cli/bench/bench_verifier.h: fetches each presentity (RFC 6665 4.4.3) and compares what is there
// with what the server acknowledged.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "cli/bench/bench_fanout.h"
#include "cli/bench/bench_traffic.h"

namespace herald::cli::bench {

class Verifier {
public:
    Verifier(Traffic& traffic, const FanOut& fan_out);

    /// Fetches the next presentity something was acknowledged for; false: none is left.
    bool start(base::Instant intended);
    /// The NOTIFY to the fetch from `number`; false: it was not asked for.
    bool on_notify(std::uint32_t number, const DialogHead& notify);
    void on_response(Exchange& exchange, int status, std::string_view response);
    void on_timeout(Exchange& exchange);
    /// Asks again where a NOTIFY did not come.
    void expire();

    std::size_t unfinished() const noexcept { return unfinished_; }
    /// start() would find one.
    bool has_more() const noexcept { return !again_.empty() || next_ < fetches_.size(); }
    std::uint32_t intact() const noexcept { return intact_; }  ///< what was acknowledged, or later
    std::uint32_t lost() const noexcept { return lost_; }      ///< older than what was acknowledged
    std::uint32_t unknown() const noexcept { return unknown_; }  ///< could not be fetched
    /// Some of the presentities that lost something.
    const std::vector<std::string>& examples() const noexcept { return examples_; }

private:
    struct Fetch {
        std::uint32_t cseq = 0;
        std::uint32_t tries = 0;
        bool is_waiting = false;
    };
    struct Deadline {
        std::uint32_t presentity;
        std::uint32_t tries;
        base::Instant at;
    };

    void ask(std::uint32_t presentity);
    void send(Exchange& exchange);
    RequestParts parts_of(const Exchange& exchange);
    void give_up(std::uint32_t presentity);

    Traffic& traffic_;
    const FanOut& fan_out_;
    std::vector<Fetch> fetches_;
    std::deque<std::uint32_t> again_;
    std::deque<Deadline> deadlines_;
    std::vector<std::string> examples_;
    std::uint32_t next_ = 0;
    std::size_t unfinished_ = 0;
    std::uint32_t intact_ = 0;
    std::uint32_t lost_ = 0;
    std::uint32_t unknown_ = 0;
    /// What parts_of() points to.
    std::string from_, to_, tag_, contact_;
};

}  // namespace herald::cli::bench
