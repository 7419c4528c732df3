// bench/transport_bench.cpp: what the stack costs per message without a kernel, and sockets with
// one (loopback).
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

#include <benchmark/benchmark.h>

#include "base/loop.h"
#include "base/metrics.h"
#include "sip/network.h"
#include "sip/socket.h"
#include "sip/stack.h"

namespace {

using namespace herald;
using namespace herald::sip;

/// Takes everything, keeps the last message.
class NullTransport final : public Transport {
public:
    bool send(const Flow&, std::string_view bytes) override {
        last.assign(bytes);
        return true;
    }
    Result<Flow> open(Protocol, const Endpoint& peer, std::string_view = {}) override {
        return Flow{.peer = peer};
    }
    bool is_open(const Flow&) const override { return true; }
    const ListenerAddress& listener(const Flow&) const override { return address_; }
    std::span<const ListenerAddress> listeners() const override { return {&address_, 1}; }

    std::string last;

private:
    const ListenerAddress address_{
        .bound = *Endpoint::from("192.0.2.1", 5060), .host = "192.0.2.1", .port = 5060};
};

struct AnsweringHandler final : RequestHandler {
    void on_request(ServerTransactionId id, const Message&, const Flow&) override {
        stack->answer(id, answer);
    }
    void on_flow_closed(const Flow&) override {}
    void on_sign_of_life(const Flow&) override {}

    Stack* stack = nullptr;
    const Answer answer{
        .status = 200, .to_tag = "k3j5h2g8f7", .expires = 3600, .with_contact = true};
};

/// A NOTIFY of about 1,000 bytes.
struct NotifySource final : RequestSource {
    void write_request(std::uint64_t user, std::string_view via, std::string& out) override {
        out += "NOTIFY sip:bob@192.0.2.10:5060 SIP/2.0\r\n";
        out += via;
        out += head_;
        out += std::to_string(user);
        out += " NOTIFY\r\nContent-Type: application/pidf+xml\r\nContent-Length: 600\r\n\r\n";
        out += body_;
    }
    void on_outcome(std::uint64_t, const ClientOutcome& outcome) override {
        answered += outcome.status == 200 ? 1 : 0;
    }

    std::uint64_t answered = 0;

private:
    const std::string head_ =
        "Max-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=k3j5h2g8f7\r\n"
        "To: <sip:bob@example.com>;tag=98xm2\r\nCall-ID: 8f3a7c21d0@192.0.2.10\r\n"
        "Contact: <sip:herald@192.0.2.1:5060;gr>\r\nEvent: presence\r\n"
        "Subscription-State: active;expires=3599\r\nCSeq: ";
    const std::string body_ = std::string(600, 'x');
};

struct Bench {
    base::SystemClock clock;
    base::Loop loop{clock};
    base::Metrics metrics;
    NullTransport transport;
    AnsweringHandler handler;
    NotifySource source;
    Stack stack{loop, transport, handler, metrics, {.max_server_transactions = 100'000}};
    const Flow flow{.peer = *Endpoint::from("192.0.2.10", 5060)};

    Bench() { handler.stack = &stack; }
};

std::string field(std::string_view message, std::string_view name) {
    const std::size_t at = message.find(name);
    return std::string(message.substr(at, message.find("\r\n", at) + 2 - at));
}

std::string answer_to(std::string_view request) {
    std::string text = "SIP/2.0 200 OK\r\n";
    for (const char* name : {"Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: "}) {
        text += field(request, name);
    }
    return text + "Content-Length: 0\r\n\r\n";
}

/// One NOTIFY and its 200: everything but the kernel.
void BM_NotifyAndAnswer(benchmark::State& state) {
    Bench bench;
    bench.stack.start(bench.flow, bench.source, 1);
    std::string answer = answer_to(bench.transport.last);
    const std::size_t branch = answer.find("z9hG4bK");
    const std::size_t size = answer.find(';', branch) - branch;
    bench.stack.on_message(answer, bench.flow, Framing::datagram);

    for (auto _ : state) {
        bench.stack.start(bench.flow, bench.source, 1);
        const std::string& sent = bench.transport.last;
        answer.replace(branch, size, sent, sent.find("z9hG4bK"), size);
        bench.stack.on_message(answer, bench.flow, Framing::datagram);
    }
    if (bench.source.answered != static_cast<std::uint64_t>(state.iterations()) + 1) {
        state.SkipWithError("answers were not matched");
    }
}
BENCHMARK(BM_NotifyAndAnswer);

std::string subscribe(std::uint64_t number) {
    const std::string id = std::to_string(number);
    return "SUBSCRIBE sip:alice@example.com SIP/2.0\r\n"
           "Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bKPj" +
           id +
           "\r\n"
           "Max-Forwards: 70\r\nFrom: <sip:bob@example.com>;tag=" +
           id +
           "\r\n"
           "To: <sip:alice@example.com>\r\nContact: <sip:bob@192.0.2.10:5060;ob>\r\n"
           "Call-ID: call" +
           id +
           "\r\nCSeq: 1 SUBSCRIBE\r\nEvent: presence\r\nExpires: 600\r\n"
           "Accept: application/pidf+xml, application/xpidf+xml\r\n"
           "Supported: replaces, 100rel, timer, norefersub\r\nContent-Length: 0\r\n\r\n";
}

/// A new SUBSCRIBE parsed, answered 200 at once and remembered.
void BM_RequestAndAnswer(benchmark::State& state) {
    Bench bench;
    std::uint64_t number = 0;
    for (auto _ : state) {
        state.PauseTiming();
        std::vector<std::string> requests;
        for (int i = 0; i < 1000; ++i) requests.push_back(subscribe(number++));
        state.ResumeTiming();
        for (std::string& request : requests) {
            bench.stack.on_message(request, bench.flow, Framing::datagram);
        }
    }
    state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(BM_RequestAndAnswer);

/// A copy of a SUBSCRIBE answered before.
void BM_Retransmission(benchmark::State& state) {
    Bench bench;
    std::string request = subscribe(1);
    for (auto _ : state) bench.stack.on_message(request, bench.flow, Framing::datagram);
}
BENCHMARK(BM_Retransmission);

/// Sending 1,000-byte datagrams through a real socket, `range` to a turn, to a peer that does not
/// read.
void BM_UdpSend(benchmark::State& state) {
    base::SystemClock clock;
    base::Loop loop(clock);
    base::Metrics metrics;
    Network network(loop, metrics, {});
    const auto listening = network.listen(Protocol::udp, *Endpoint::from("127.0.0.1", 0), {}, true);
    const auto peer = bind_socket(Protocol::udp, *Endpoint::from("127.0.0.1", 0), Sharing::alone);
    if (!listening || !peer) return state.SkipWithError("no sockets");
    const Flow flow = *network.open(Protocol::udp, local_endpoint(*peer));
    const std::string datagram(1000, 'x');

    for (auto _ : state) {
        for (std::int64_t i = 0; i < state.range(0); ++i) network.send(flow, datagram);
        loop.turn(base::Duration::zero());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_UdpSend)->Arg(1)->Arg(64)->Arg(1024);

}  // namespace
