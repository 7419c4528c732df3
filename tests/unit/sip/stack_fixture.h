// tests/unit/sip/stack_fixture.h: a Stack on a manual clock and a fake wire, with a handler and a
// source that keep notes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "base/metrics.h"
#include "sip/stack.h"
#include "tests/support/fake_transport.h"

namespace herald::test {

/// Remembers what it was told; answers only where `reply` says so.
struct NotingHandler final : sip::RequestHandler {
    struct Arrival {
        sip::ServerTransactionId id;
        std::string bytes;
        sip::Flow flow;
    };

    void on_request(sip::ServerTransactionId id, const sip::Message& request,
                    const sip::Flow& flow) override {
        arrivals.push_back({id, std::string(request.bytes()), flow});
        if (reply) reply(id, request);
    }
    bool admits(const sip::Message&, sip::Load load) override {
        return !refused_at || load < *refused_at;
    }
    sip::Role role_for(const sip::Message&, const sip::Flow&) const override { return role; }
    void pass_on(const sip::Message& request, const sip::Flow& flow) override {
        passed.emplace_back(request.method_text());
        if (pass) pass(request, flow);
    }
    bool pass_back(const sip::Message& answer) override {
        return answer.via().branch == passed_branch;
    }
    void on_flow_closed(const sip::Flow& flow) override { closed.push_back(flow); }
    void on_sign_of_life(const sip::Flow& flow) override { alive.push_back(flow); }

    std::function<void(sip::ServerTransactionId, const sip::Message&)> reply;
    std::function<void(const sip::Message&, const sip::Flow&)> pass;
    std::optional<sip::Load> refused_at;  ///< and above
    sip::Role role = sip::Role::server;
    std::string passed_branch;        ///< whose answers are known
    std::vector<std::string> passed;  ///< methods
    std::vector<Arrival> arrivals;
    std::vector<sip::Flow> closed;
    std::vector<sip::Flow> alive;
};

/// Writes the same request for each user, a NOTIFY unless told otherwise, with the user as CSeq.
struct NotingSource final : sip::RequestSource {
    struct Outcome {
        std::uint64_t user;
        sip::ClientOutcome::How how;
        int status;
        bool has_message;
        sip::Flow flow;
        base::Instant at;
    };

    explicit NotingSource(base::Loop& its_loop) : loop(its_loop) {}

    void write_request(std::uint64_t user, std::string_view via, std::string& out) override {
        out += method + " sip:bob@192.0.2.10 SIP/2.0\r\n";
        out += via;
        out += "Max-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=a\r\n";
        out += "To: <sip:bob@example.com>;tag=b\r\nCall-ID: c\r\nCSeq: " + std::to_string(user);
        out += " " + method + "\r\nContent-Length: 0\r\n\r\n";
    }
    void on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) override {
        outcomes.push_back({user, outcome.how, outcome.status, outcome.message != nullptr,
                            outcome.flow, loop.now()});
        if (then) then(user);
    }
    bool is_relay() const noexcept override { return relays; }

    base::Loop& loop;
    bool relays = false;  ///< its requests have other Vias below ours
    std::string method = "NOTIFY";
    std::function<void(std::uint64_t user)> then;
    std::vector<Outcome> outcomes;
};

struct StackFixture {
    explicit StackFixture(sip::StackOptions options = {}, sip::ShardRouter* router = nullptr)
        : stack(loop, transport, handler, metrics, std::move(options), router) {
        transport.attach(stack);
    }

    /// Lets `step` pass, a millisecond at a time, so that everything happens when it is due.
    void pass(base::Duration step) {
        const base::Instant end = clock.now() + step;
        loop.turn(base::Duration::zero());
        while (clock.now() < end) {
            clock.advance(
                std::min<base::Duration>(std::chrono::milliseconds(1), end - clock.now()));
            loop.turn(base::Duration::zero());
        }
    }

    /// The value of a counter or gauge, whose first label is `label` where one is given.
    double metric(std::string_view name, std::string_view label = {}) const {
        double sum = 0;
        for (const base::Sample& sample : metrics.collect()) {
            const bool is_wanted =
                label.empty() || (!sample.labels.empty() && sample.labels[0].second == label);
            if (sample.name == name && is_wanted) sum += sample.value;
        }
        return sum;
    }

    base::ManualClock clock;
    base::Loop loop{clock};
    base::Metrics metrics;
    FakeTransport transport{clock};
    NotingHandler handler;
    NotingSource source{loop};
    sip::Stack stack;
};

/// The value of the first header field called `name` in `message`; empty for none.
inline std::string header_of(std::string_view message, std::string_view name) {
    const std::string start = "\r\n" + std::string(name) + ": ";
    const std::size_t at = message.find(start);
    if (at == std::string_view::npos) return {};
    const std::string_view value = message.substr(at + start.size());
    return std::string(value.substr(0, value.find("\r\n")));
}

/// A response with this status line to `request`, as a peer writes it.
inline std::string response_to(std::string_view request, std::string_view status,
                               std::string_view more = {}) {
    std::string text = "SIP/2.0 " + std::string(status) + "\r\n";
    for (const char* name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
        text.append(name).append(": ").append(header_of(request, name)).append("\r\n");
    }
    return text.append(more).append("Content-Length: 0\r\n\r\n");
}

/// A request by its parts that matter here.
struct Request {
    std::string method = "SUBSCRIBE";
    std::string via = "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKone;rport";
    std::string from_tag = "from";
    std::string to_tag;
    std::string call_id = "call";
    std::string cseq = "1";
    std::string more;

    std::string text() const {
        std::string out = method + " sip:alice@example.com SIP/2.0\r\nVia: " + via + "\r\n";
        out += "Max-Forwards: 70\r\nFrom: <sip:bob@example.com>;tag=" + from_tag + "\r\n";
        out += "To: <sip:alice@example.com>";
        if (!to_tag.empty()) out += ";tag=" + to_tag;
        out += "\r\nCall-ID: " + call_id + "\r\nCSeq: " + cseq + " " + method + "\r\n";
        return out + more + "Content-Length: 0\r\n\r\n";
    }
};

inline std::string via_with(std::string_view branch, std::string_view transport = "UDP") {
    return "SIP/2.0/" + std::string(transport) + " 192.0.2.10:5060;branch=" + std::string(branch);
}

inline std::string status_of(std::string_view response) {
    return response.size() < 12 ? std::string() : std::string(response.substr(8, 3));
}

/// Answers each request at once.
inline void answer_all(StackFixture& fixture, sip::Answer answer) {
    fixture.handler.reply = [&fixture, answer](sip::ServerTransactionId id, const sip::Message&) {
        fixture.stack.answer(id, answer);
    };
}

}  // namespace herald::test
