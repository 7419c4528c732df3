// tests/unit/cli/peer.h: the other end of a UserAgent: reads its requests, answers, sends NOTIFYs;
// time by hand.
#pragma once

#include <algorithm>
#include <deque>
#include <set>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "base/loop.h"
#include "base/metrics.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/user_agent.h"
#include "tests/support/fake_transport.h"

namespace herald::test {

/// Value of the first header `name` of `message`; empty where there is none.
inline std::string header(std::string_view message, std::string_view name) {
    const std::string start = "\r\n" + std::string(name) + ": ";
    const std::size_t at = message.find(start);
    if (at == std::string_view::npos || at > message.find("\r\n\r\n")) return {};
    const std::string_view value = message.substr(at + start.size());
    return std::string(value.substr(0, value.find("\r\n")));
}

/// Status of a response; 0 for a request.
inline int status(std::string_view message) {
    if (!message.starts_with("SIP/2.0 ")) return 0;
    return static_cast<int>(base::to_u64(message.substr(8, 3)).value_or(0));
}

/// Value of a `;tag=` in `value`.
inline std::string tag(std::string_view value) {
    const std::size_t at = value.find(";tag=");
    return at == std::string_view::npos ? std::string() : std::string(value.substr(at + 5));
}

/// A FakeTransport that can be told to open no streams.
class PickyTransport final : public sip::Transport {
public:
    explicit PickyTransport(const base::Clock& clock) : wire_(clock) {}
    void refuse_streams() { refuses_streams_ = true; }
    void unreachable(const sip::Endpoint& peer) { wire_.unreachable(peer); }
    FakeTransport& wire() noexcept { return wire_; }

    bool send(const sip::Flow& flow, std::string_view bytes) override {
        return wire_.send(flow, bytes);
    }
    Result<sip::Flow> open(sip::Protocol protocol, const sip::Endpoint& peer,
                           std::string_view domain = {}) override;
    bool is_open(const sip::Flow& flow) const override { return wire_.is_open(flow); }
    const sip::ListenerAddress& listener(const sip::Flow& flow) const override {
        return wire_.listener(flow);
    }
    std::span<const sip::ListenerAddress> listeners() const override { return wire_.listeners(); }

private:
    FakeTransport wire_;
    bool refuses_streams_ = false;
};

class Peer {
public:
    explicit Peer(cli::UserAgent::Options options = {});

    /// Lets the loop do all there is to do now.
    void turn();
    /// Moves time on in steps that let every timer fire in its turn.
    void advance(base::Duration duration);

    /// The next request the agent sent, retransmissions left out; empty, and a failed check, where
    /// there is none.
    std::string next_request();
    /// As next_request(), but none is no failure.
    std::string next_request_or_none();
    /// The next response the agent sent.
    std::string next_answer();
    /// Where the last message went.
    const sip::Flow& last_flow() const noexcept { return last_flow_; }

    /// Answers `request` with To tag "peer"; `headers` are further lines ended by LF. Nothing for
    /// an empty request.
    void answer(std::string_view request, int status, std::string_view headers = {});
    /// Delivers a message over UDP from 192.0.2.10:5060.
    void receive(std::string_view message);

    base::ManualClock clock;
    base::Loop loop{clock};
    base::Metrics metrics;
    PickyTransport transport{clock};
    cli::UserAgent agent;

private:
    std::string next(bool is_request);

    std::deque<FakeTransport::Sent> sent_;
    std::set<std::string> seen_;  ///< requests already handed out
    sip::Flow last_flow_;
};

inline Result<sip::Flow> PickyTransport::open(sip::Protocol protocol, const sip::Endpoint& peer,
                                              std::string_view domain) {
    if (refuses_streams_ && sip::is_reliable(protocol))
        return Fault{FaultKind::unreachable, "refused"};
    return wire_.open(protocol, peer, domain);
}

inline Peer::Peer(cli::UserAgent::Options options)
    : agent(loop, transport, metrics, std::move(options)) {
    transport.wire().attach(agent.sink());
}

inline void Peer::turn() {
    // Name lookups of numeric hosts, and what they lead to, take a turn each.
    for (int i = 0; i < 8; ++i) loop.turn(base::Duration::zero());
    for (FakeTransport::Sent& sent : transport.wire().take()) sent_.push_back(std::move(sent));
}

inline void Peer::advance(base::Duration duration) {
    constexpr base::Duration kStep = std::chrono::milliseconds(100);
    for (; duration.count() > 0; duration -= std::min(kStep, duration)) {
        clock.advance(std::min(kStep, duration));
        turn();
    }
}

inline std::string Peer::next(bool is_request) {
    turn();
    while (!sent_.empty()) {
        const FakeTransport::Sent sent = std::move(sent_.front());
        sent_.pop_front();
        if ((status(sent.bytes) == 0) != is_request) continue;
        if (is_request && !seen_.insert(sent.bytes).second) continue;
        last_flow_ = sent.flow;
        return sent.bytes;
    }
    return {};
}

inline std::string Peer::next_request() {
    std::string request = next(true);
    CHECK_FALSE(request.empty());
    return request;
}

inline std::string Peer::next_request_or_none() {
    return next(true);
}

inline std::string Peer::next_answer() {
    std::string answer = next(false);
    CHECK_FALSE(answer.empty());
    return answer;
}

inline void Peer::answer(std::string_view request, int status, std::string_view headers) {
    if (request.empty()) return;
    std::string to = header(request, "To");
    if (tag(to).empty()) to += ";tag=peer";
    std::string text = "SIP/2.0 " + std::to_string(status) + " Reason\n";
    for (const char* name : {"Via", "From", "Call-ID", "CSeq"}) {
        text += std::string(name) + ": " + header(request, name) + "\n";
    }
    text += "To: " + to + "\n" + std::string(headers) + "Content-Length: 0\n\n";
    transport.wire().receive(text, last_flow_);
    turn();
}

inline void Peer::receive(std::string_view message) {
    transport.wire().receive(message, transport.wire().udp());
    turn();
}

}  // namespace herald::test
