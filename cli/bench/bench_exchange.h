// cli/bench/bench_exchange.h: requests of the load generator on their way, by number, until a final
// answer or none.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace herald::cli::bench {

struct Exchange {
    enum class Kind : std::uint8_t {
        subscribe,
        refresh,
        unsubscribe,
        fetch,
        publish,  ///< PUBLISH, or REGISTER for a binding
        message,
        probe
    };

    Kind kind = Kind::probe;
    bool is_open = false;
    bool is_authenticated = false;  ///< a challenge was answered: the next one is a refusal
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    std::uint32_t subject = 0;   ///< watcher or presentity
    std::uint32_t port = 0;      ///< socket it left from
    std::uint64_t sequence = 0;  ///< of a PUBLISH
    base::Instant intended{};    ///< when it should have been sent
    base::Instant sent{};
    std::string bytes;
};

class Exchanges {
public:
    struct Options {
        base::Duration timeout{};
        bool retransmits = false;
        std::size_t most = 262'144;  ///< open ones at once
    };
    /// A request whose time has come.
    struct Due {
        enum class Verdict : std::uint8_t { none, repeat, give_up };
        Verdict verdict = Verdict::none;
        Exchange* exchange = nullptr;
    };

    explicit Exchanges(Options options) : options_(options) {}

    bool is_full() const noexcept { return open_ >= options_.most; }
    std::size_t open_count() const noexcept { return open_; }
    /// Only where it is not full. Stays at its address until closed.
    Exchange& open(Exchange::Kind kind, std::uint32_t subject, std::uint32_t port);
    /// A value for Via: "127.0.0.1:5061;rport;branch=...". Valid until the next call.
    std::string_view via(const Exchange& exchange, std::string_view sent_by);
    /// Begins to wait for an answer.
    void start(Exchange& exchange, base::Instant now);
    /// The open one that wrote `branch`; nullptr: answered long ago, or not ours.
    Exchange* find(std::string_view branch) noexcept;
    void close(Exchange& exchange);
    void close_all();
    /// The next one that is unanswered for too long. For `repeat` the caller sends the same bytes
    /// again; for `give_up` it closes the exchange. Call until the verdict is none.
    Due next_due(base::Instant now);

private:
    /// One queue for each pause: what enters a queue later also leaves it later, so none needs
    /// sorting.
    struct Waiting {
        std::uint32_t slot;
        std::uint32_t generation;
        base::Instant until;
    };
    static constexpr std::size_t kQueues = 12;

    base::Duration pause(std::size_t repetition) const noexcept;
    void wait(const Exchange& exchange, std::size_t queue, base::Instant now);

    Options options_;
    std::deque<Exchange> slots_;
    std::vector<std::uint32_t> free_;
    std::array<std::deque<Waiting>, kQueues> queues_;
    std::size_t open_ = 0;
    std::string via_;
};

}  // namespace herald::cli::bench
