// cli/bench/bench_traffic.h: what watchers and publishers of the load generator share: sockets,
// requests on their way, credentials, counters, the time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/bench/bench_exchange.h"
#include "cli/bench/bench_plan.h"
#include "cli/bench/bench_ports.h"
#include "cli/bench/bench_wire.h"
#include "sip/digest.h"
#include "sip/message.h"

namespace herald::cli::bench {

/// Since the start. Two of them, subtracted, tell of the time between.
struct Counters {
    static constexpr std::size_t kStatuses = 700;

    std::uint64_t requests = 0;  ///< repetitions and answers to challenges not counted
    std::uint64_t accepted = 0;  ///< 2xx
    std::uint64_t challenges = 0;
    std::uint64_t repetitions = 0;
    std::uint64_t timeouts = 0;
    std::uint64_t notifies = 0;  ///< with a CSeq not seen before
    std::uint64_t repeated_notifies = 0;
    std::uint64_t strays = 0;  ///< NOTIFYs for no subscription of this run, answered 481
    std::uint64_t unreadable = 0;
    std::array<std::uint64_t, kStatuses> refusals{};  ///< by status

    std::uint64_t refused() const noexcept;
    Counters since(const Counters& before) const noexcept;
};

constexpr bool is_challenge(int status) noexcept {
    return status == 401 || status == 407;
}

class Traffic {
public:
    Traffic(const Plan& plan, Ports& ports);

    const Plan& plan;
    Ports& ports;
    Exchanges exchanges;
    Counters counters;
    base::Instant now{};
    const std::string run;  ///< token of this run, part of tags and Call-IDs

    /// "sip:bench-p7@127.0.0.1"; kind is 'p' for a presentity, 'w' for a watcher. Watchers of
    /// mailboxes and bindings go by the name of whom they watch.
    std::string aor(char kind, std::uint32_t number) const;
    /// The Contact of who is at that port.
    std::string contact(std::string_view user, std::uint32_t port) const;
    /// "w7.abcde"; number_of() reads it.
    std::string tag(char kind, std::uint32_t number) const;
    std::optional<std::uint32_t> number_of(char kind, std::string_view tag) const noexcept;

    /// Completes `parts` with a Via and, if a challenge is known, credentials of `kind` and
    /// `number`; sends.
    void send(Exchange& exchange, RequestParts parts, char kind, std::uint32_t number);
    /// Takes the challenge in `response` to what `parts` say. Closes `exchange` and opens one in
    /// its place that send() gives credentials; nullptr: the challenge cannot be answered, or the
    /// same was just answered, and `exchange` is as it was.
    Exchange* take_challenge(Exchange& exchange, std::string_view response,
                             const RequestParts& parts, char kind, std::uint32_t number);
    /// After a 2xx: a server may hand out its next nonce.
    void learn(std::string_view response, char kind, std::uint32_t number);
    void repeat(const Exchange& exchange);
    /// Counts the outcome of a request.
    void count(int status) noexcept;

private:
    std::string user_of(char kind, std::uint32_t number) const;
    sip::DigestClient& client_of(char kind, std::uint32_t number);

    std::vector<std::unique_ptr<sip::DigestClient>> clients_;  ///< watchers, then presentities
    std::optional<std::string> credentials_;                   ///< for the next send()
};

}  // namespace herald::cli::bench
