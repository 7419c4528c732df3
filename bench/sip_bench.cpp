// bench/sip_bench.cpp: what one message costs: parse, peek, answer, frame, compare.
#include <string>

#include <benchmark/benchmark.h>

#include "sip/answer.h"
#include "sip/fields.h"
#include "sip/framer.h"
#include "sip/message.h"
#include "sip/uri.h"

namespace herald::sip {
namespace {

const std::string kSubscribe =
    "SUBSCRIBE sip:bob@example.test SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.44:29066;rport;branch=z9hG4bKPjf1c2a9d04e5b4b7c8f6d\r\n"
    "Max-Forwards: 70\r\n"
    "From: <sip:alice@example.test>;tag=8b2f5d6c1a7e4f30\r\n"
    "To: <sip:bob@example.test>\r\n"
    "Contact: <sip:alice@192.0.2.44:29066;ob>\r\n"
    "Call-ID: 3c1d9f27-55e0-4a6b-9a55-0f6c7e2b8d41\r\n"
    "CSeq: 17264 SUBSCRIBE\r\n"
    "Route: <sip:192.0.2.1:5060;lr>\r\n"
    "Event: presence\r\n"
    "Expires: 600\r\n"
    "Supported: replaces, 100rel, timer, norefersub, trickle-ice\r\n"
    "Accept: application/pidf+xml, application/xpidf+xml\r\n"
    "Allow-Events: presence, dialog, message-summary, refer\r\n"
    "User-Agent: PJSUA v2.17 Linux-6.1/x86_64/glibc-2.36\r\n"
    "Content-Length:  0\r\n"
    "\r\n";

const std::string kOk =
    "SIP/2.0 200 OK\r\n"
    "Via: SIP/2.0/UDP "
    "192.0.2.1:5060;rport=5060;received=192.0.2.1;branch=z9hG4bK0123456789abcdef\r\n"
    "Call-ID: 3c1d9f27-55e0-4a6b-9a55-0f6c7e2b8d41\r\n"
    "From: <sip:bob@example.test>;tag=k5xw2m9q\r\n"
    "To: <sip:alice@example.test>;tag=8b2f5d6c1a7e4f30\r\n"
    "CSeq: 2001 NOTIFY\r\n"
    "User-Agent: PJSUA v2.17 Linux-6.1/x86_64/glibc-2.36\r\n"
    "Content-Length:  0\r\n"
    "\r\n";

void bytes_of(benchmark::State& state, const std::string& text) {
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void parse_new(benchmark::State& state) {
    std::string text = kSubscribe;
    for (auto _ : state) benchmark::DoNotOptimize(parse(std::span<char>(text), Framing::datagram));
    bytes_of(state, text);
}
BENCHMARK(parse_new);

/// As many routes as the longest head holds, read as a list.
void parse_most_routes(benchmark::State& state) {
    std::string text = kSubscribe;
    std::string routes = "Record-Route: ";
    while (text.size() + routes.size() < 65000) routes += "<sip:a;lr>,";
    routes += "<sip:a;lr>\r\n";
    text.insert(text.find("Event:"), routes);
    for (auto _ : state) {
        const auto result = parse(std::span<char>(text), Framing::datagram);
        benchmark::DoNotOptimize(result.message.list(Header::record_route));
    }
    bytes_of(state, text);
}
BENCHMARK(parse_most_routes);

void parse_again(benchmark::State& state) {
    std::string text = kSubscribe;
    Message message;
    for (auto _ : state) {
        benchmark::DoNotOptimize(parse_into(message, std::span<char>(text), Framing::datagram));
    }
    bytes_of(state, text);
}
BENCHMARK(parse_again);

void own(benchmark::State& state) {
    std::string text = kSubscribe;
    const ParseResult result = parse(std::span<char>(text), Framing::datagram);
    for (auto _ : state) benchmark::DoNotOptimize(OwnedMessage(result.message));
}
BENCHMARK(own);

void peek(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(peek_response(kOk));
    bytes_of(state, kOk);
}
BENCHMARK(peek);

void answer(benchmark::State& state) {
    std::string text = kSubscribe;
    const ParseResult result = parse(std::span<char>(text), Framing::datagram);
    const Endpoint source = *Endpoint::from("192.0.2.44", 29066);
    Answer ok;
    ok.expires = 600;
    ok.with_contact = true;
    std::string out;
    for (auto _ : state) {
        out.clear();
        append_response(out, result.message, source, ok, "<sip:192.0.2.1:5060;transport=udp>",
                        "k5xw2m9q");
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(answer);

void frame(benchmark::State& state) {
    std::string stream;
    for (int i = 0; i < 16; ++i) stream += kSubscribe;
    Framer framer;
    for (auto _ : state) {
        framer.append(stream);
        while (auto event = framer.next()) benchmark::DoNotOptimize(event->bytes.data());
    }
    bytes_of(state, stream);
}
BENCHMARK(frame);

void uri(benchmark::State& state) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(parse_uri("sip:alice@192.0.2.44:29066;transport=tcp;ob"));
    }
}
BENCHMARK(uri);

void aor(benchmark::State& state) {
    const Result<Uri> parsed = parse_uri("sip:alice@Example.test;transport=tcp");
    for (auto _ : state) benchmark::DoNotOptimize(canonical_aor(*parsed));
}
BENCHMARK(aor);

void accept(benchmark::State& state) {
    std::string text = kSubscribe;
    const ParseResult result = parse(std::span<char>(text), Framing::datagram);
    const std::vector<std::string_view> offered{"application/pidf+xml",
                                                "application/pidf-diff+xml"};
    for (auto _ : state) benchmark::DoNotOptimize(choose_media_type(result.message, offered));
}
BENCHMARK(accept);

}  // namespace
}  // namespace herald::sip
