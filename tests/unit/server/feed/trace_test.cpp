// tests/unit/server/feed/trace_test.cpp: SIP messages kept for an operator.
#include "server/feed/trace.h"

#include <string>

#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/text.h"
#include "server/feed/hep_sender.h"

namespace herald::server::trace_test {

namespace {

const sip::Endpoint kLocal = *sip::Endpoint::from("192.0.2.1", 5060);

sip::Flow from(const char* host) {
    return {.peer = *sip::Endpoint::from(host, 5060)};
}

std::string request(const std::string& to) {
    return "MESSAGE sip:" + to + " SIP/2.0\r\nTo: <sip:" + to + ">\r\n\r\nsip:body@example.com";
}

struct Bench {
    base::ManualClock clock;
    base::Metrics metrics;
    Trace trace{4096, clock, metrics};

    void pass(const std::string& message, const char* host = "192.0.2.7") {
        if (trace.is_wanted()) trace.on_message(sip::Direction::in, from(host), kLocal, message);
    }
};

}  // namespace

TEST_CASE("a trace has the messages whose head names the user, or of the address, or of both") {
    Bench bench;
    CHECK_FALSE(bench.trace.is_wanted());
    const auto user = bench.trace.start({.user = "217", .peer = {}})->id;
    const auto both = bench.trace.start({.user = "217", .peer = "192.0.2.9"})->id;

    bench.pass(request("217@example.com"));
    bench.pass(request("1217@example.com"));
    bench.pass(request("217@example.com"), "192.0.2.9");
    bench.pass(request("body@example.com") + "<sip:217@example.com>");

    CHECK(bench.trace.read(user, 0, 10)->messages.size() == 2);
    const auto page = bench.trace.read(both, 0, 10);
    REQUIRE(page->messages.size() == 1);
    CHECK(page->messages[0]->peer.host() == "192.0.2.9");
    CHECK(bench.trace.read(user, page->messages[0]->number - 1, 10)->messages.size() == 1);
}

TEST_CASE("a trace ends by itself, can be read as long again, and is forgotten") {
    Bench bench;
    const auto id = bench.trace.start({.user = "217", .peer = {}, .seconds = 60})->id;
    bench.pass(request("217@example.com"));

    bench.clock.advance(std::chrono::seconds(61));
    bench.pass(request("217@example.com"));

    CHECK_FALSE(bench.trace.is_wanted());
    CHECK(bench.trace.read(id, 0, 10)->messages.size() == 1);
    CHECK(bench.trace.read(id, 0, 10)->status.seconds_left == 0);
    bench.clock.advance(std::chrono::seconds(60));
    CHECK(bench.trace.read(id, 0, 10).fault().kind == FaultKind::not_found);
}

TEST_CASE("traces keep within their memory; what was lost is told") {
    Bench bench;
    const auto id = bench.trace.start({.user = "217", .peer = {}})->id;

    for (int i = 0; i < 100; ++i) bench.pass(request("217@example.com"));

    const auto page = bench.trace.read(id, 0, 1000);
    CHECK(page->messages.size() < 30);
    CHECK(page->lost + page->messages.size() == 100);
    CHECK(page->messages.back()->number == 100);
    CHECK(bench.trace.stop(id));
    CHECK_FALSE(bench.trace.is_wanted());
}

TEST_CASE("there are eight traces at most") {
    Bench bench;
    for (std::size_t i = 0; i < Trace::kMostTraces; ++i)
        CHECK(bench.trace.start({.user = "a", .peer = {}}));
    CHECK(bench.trace.start({.user = "a", .peer = {}}).fault().kind == FaultKind::limit_reached);
}

TEST_CASE("what proves a password is masked in a trace, of the same length") {
    const std::string digest =
        "REGISTER sip:b.c SIP/2.0\r\nAuthorization: Digest username=\"217\", "
        "response=\"0123abcd\", "
        "uri=\"sip:b.c\"\r\nContent-Length: 0\r\n\r\n";
    std::string shown = digest;
    shown.replace(shown.find("0123abcd"), 8, "********");
    CHECK(masked(digest) == shown);

    const std::string bearer =
        "REGISTER sip:b.c SIP/2.0\r\nProxy-Authorization: Bearer abc.def\r\n\r\nresponse=\"x\"";
    std::string hidden = bearer;
    hidden.replace(hidden.find("abc.def"), 7, "*******");
    CHECK(masked(bearer) == hidden);
    CHECK(masked("no SIP") == "no SIP");
}

TEST_CASE("a packet for a collector is HEP version 3, chunk by chunk") {
    TracedMessage message;
    message.at = base::WallTime(std::chrono::milliseconds(1'800'000'000'123));
    message.protocol = sip::Protocol::tcp;
    message.local = kLocal;
    message.peer = *sip::Endpoint::from("192.0.2.7", 5070);
    message.bytes = "OPTIONS sip:a SIP/2.0\r\ni: abc\r\n\r\n";

    const auto packet = hep_packet(message, 2001);

    CHECK(packet.substr(0, 4) == "HEP3");
    const auto hex = base::to_hex(packet);
    CHECK(hex.substr(8, 4) == base::to_hex(std::string{static_cast<char>(packet.size() >> 8),
                                                       static_cast<char>(packet.size() & 0xff)}));
    CHECK(hex.substr(12) ==
          "00000001000702"          // IPv4
          "00000002000706"          // TCP
          "00000003000ac0000207"    // from the peer
          "00000004000ac0000201"    // to us
          "00000007000813ce"        // 5070
          "00000008000813c4"        // 5060
          "00000009000a6b49d200"    // seconds
          "0000000a000a0001e078"    // microseconds
          "0000000b000701"          // SIP
          "0000000c000a000007d1" +  // 2001
              std::string("000000110009616263") +
              "0000000f" +
              base::to_hex(std::string{0, static_cast<char>(6 + message.bytes.size())}) +
              base::to_hex(message.bytes));

    message.direction = sip::Direction::out;
    message.local = *sip::Endpoint::from("2001:db8::1", 5060);
    message.peer = *sip::Endpoint::from("2001:db8::2", 5061);
    CHECK(base::to_hex(hep_packet(message, 0)).substr(12, 14) == "0000000100070a");
    message.bytes = "Call-ID: " + std::string(300, 'x') + "\r\n\r\n";
    CHECK(base::to_hex(hep_packet(message, 0)).find("00000011") == std::string::npos);
    message.bytes.assign(65507, 'x');
    CHECK(hep_packet(message, 0).empty());
}

TEST_CASE("a trace goes to a collector where there is one, and never waits for it") {
    Bench bench;
    const auto refused = bench.trace.start({.user = "217", .peer = {}, .to_collector = true});
    REQUIRE_FALSE(refused);
    CHECK(refused.fault().kind == FaultKind::conflict);
    // A port where nobody listens: found, and closed again.
    const int probe = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_storage address{};
    auto length = sip::Endpoint::from("127.0.0.1", 0)->to_sockaddr(address);
    REQUIRE(::bind(probe, reinterpret_cast<sockaddr*>(&address), length) == 0);
    REQUIRE(::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    const sip::Endpoint collector(reinterpret_cast<const sockaddr*>(&address));
    auto sender = HepSender::open(collector, 7, bench.metrics);
    REQUIRE(sender);
    bench.trace.use_collector(*std::move(sender));
    const auto id = bench.trace.start({.user = "217", .peer = {}, .to_collector = true})->id;
    REQUIRE(bench.trace.start({.user = "218", .peer = {}}));
    const auto value = [&](const std::string& name, const base::Labels& labels = {}) {
        for (const auto& sample : bench.metrics.collect()) {
            if (sample.name == name && sample.labels == labels) return sample.value;
        }
        return -1.0;
    };

    bench.pass(request("217@example.com"));
    bench.pass(request("218@example.com"));
    char buffer[4096];
    const auto got = ::recv(probe, buffer, sizeof buffer, 0);
    CHECK(std::string(buffer, static_cast<std::size_t>(got)).ends_with(request("217@example.com")));
    CHECK(value("herald_hep_sent_total") == 1);

    // Nobody reads: the system takes what it has room for, and nothing waits.
    for (std::uint32_t i = 0; i < HepSender::kMostPerSecond; ++i)
        bench.pass(request("217@example.com"));
    CHECK(value("herald_hep_dropped_total", {{"reason", "rate"}}) == 1);
    ::close(probe);
    bench.clock.advance(std::chrono::seconds(1));
    bench.pass(request("217@" + std::string(30000, 'x')));
    CHECK(value("herald_hep_dropped_total", {{"reason", "too long"}}) == 0);
    bench.pass(request("217@" + std::string(40000, 'x')));
    CHECK(value("herald_hep_dropped_total", {{"reason", "too long"}}) == 1);
    CHECK(bench.trace.read(id, 0, 10)->lost > 0);
    CHECK(bench.trace.stop(id));
}

}  // namespace herald::server::trace_test
