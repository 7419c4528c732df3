// server/feed/trace.h: the SIP messages of one user or one address, kept for an operator who looks
// for what is wrong.
//
// A trace ends by itself. All traces share a bounded ring: its oldest messages go first, and
// whoever reads is told how many. Answers to challenges are masked: passwords could be guessed from
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "base/time.h"
#include "server/feed/hep_sender.h"
#include "sip/tap.h"

namespace herald::server {

/// What is looked for: messages that fit all that is given; one of both is.
struct TraceOrder {
    std::string user;  ///< its name in a URI of a message's head, whatever the domain; empty: any
    std::string peer;  ///< numeric address, without port; empty: any
    std::uint32_t seconds = 300;
    bool to_collector = false;  ///< also sent to the HEP collector of the configuration
};

struct TracedMessage {
    std::uint64_t number = 0;
    base::WallTime at{};
    sip::Direction direction = sip::Direction::in;
    sip::Protocol protocol = sip::Protocol::udp;
    sip::Endpoint local, peer;
    std::string bytes;
};
using TracedMessagePtr = std::shared_ptr<const TracedMessage>;

class Trace final : public sip::Tap {
public:
    static constexpr std::size_t kMostTraces = 8;
    static constexpr std::uint32_t kLongest = 86400;

    /// `bytes` of messages in all; `clock` is read by any thread.
    Trace(std::size_t bytes, const base::Clock& clock, base::Metrics& metrics);
    /// Where messages are sent that an order wants sent; before the first start().
    void use_collector(std::unique_ptr<HepSender> collector) { collector_ = std::move(collector); }

    struct Status {
        std::string id;
        TraceOrder order;
        std::uint32_t seconds_left = 0;
        std::uint64_t messages = 0;  ///< seen so far
    };
    struct Page {
        Status status;
        std::vector<TracedMessagePtr> messages;
        std::uint64_t lost = 0;  ///< of all traces, since this one began: there was no room
    };

    // For operators, on any thread but a network's.

    /// Faults: limit_reached; conflict (there is no collector).
    Result<Status> start(const TraceOrder& order);
    std::vector<Status> list();
    /// What it saw after the message of this number, at most `most`. Faults: not_found.
    Result<Page> read(std::string_view id, std::uint64_t after, std::size_t most);
    /// Faults: not_found.
    herald::Status stop(std::string_view id);

    void on_message(sip::Direction direction, const sip::Flow& flow, const sip::Endpoint& local,
                    std::string_view bytes) override;

private:
    struct One {
        TraceOrder order;
        base::Instant ends{};
        std::uint64_t messages = 0;
        std::uint64_t lost_before = 0;
        std::deque<TracedMessagePtr> kept;
    };
    using All = std::map<std::string, One, std::less<>>;

    Status status_of(const All::value_type& one) const;
    void drop_ended();
    void make_room();
    void forget(const One& one);

    const std::size_t most_bytes_;
    const base::Clock& clock_;
    base::Counter& bytes_gauge_;
    std::unique_ptr<HepSender> collector_;
    std::mutex mutex_;  ///< held by a network for one message only, and only while there is a trace
    All all_;
    std::uint64_t started_ = 0;
    std::uint64_t latest_ = 0;
    std::uint64_t lost_ = 0;
    std::size_t bytes_ = 0;
};

/// `message` with the values of what proves a password replaced by asterisks, of the same length.
std::string masked(std::string_view message);
/// Whether a URI in its head has this user.
bool names_user(std::string_view message, std::string_view user);

}  // namespace herald::server
