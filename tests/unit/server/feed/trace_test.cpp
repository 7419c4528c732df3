// tests/unit/server/feed/trace_test.cpp: SIP messages kept for an operator.
#include "server/feed/trace.h"

#include <string>

#include <doctest/doctest.h>

namespace herald::server {

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

}  // namespace herald::server
