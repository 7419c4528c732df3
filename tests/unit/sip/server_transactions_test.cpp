// tests/unit/sip/server_transactions_test.cpp: copies, timers, merged requests, and memory.
#include "sip/server_transactions.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/sip/stack_fixture.h"

namespace herald::sip::server_transactions_test {

using namespace herald::test;
using herald::test::header_of;
using namespace std::chrono_literals;

TEST_CASE("RFC 3261 17.2.2: a request repeated after its answer gets the same bytes, no effect") {
    StackFixture fixture;
    answer_all(fixture, {.status = 200,
                         .expires = 600,
                         .with_contact = true,
                         .with_record_route = true,
                         .headers = "Supported: eventlist\r\n"});
    const Request request{.more = "Record-Route: <sip:p1.example.com;lr>\r\n"};
    fixture.transport.receive(request.text(), fixture.transport.udp());
    const std::string first = fixture.transport.take_one();
    fixture.pass(500ms);

    fixture.transport.receive(request.text(), fixture.transport.udp());

    CHECK(status_of(first) == "200");
    CHECK(header_of(first, "Contact") == "<sip:herald@192.0.2.1:5060;gr>");
    CHECK(header_of(first, "Record-Route") == "<sip:p1.example.com;lr>");
    CHECK(header_of(first, "To").find(";tag=") != std::string::npos);
    CHECK(fixture.transport.take_one() == first);
    CHECK(fixture.handler.arrivals.size() == 1);
    CHECK(fixture.metric("herald_sip_retransmissions_total", "in") == 1);
    CHECK(fixture.metric("herald_sip_requests_total", "SUBSCRIBE") == 1);
    CHECK(fixture.metric("herald_sip_responses_sent_total", "2xx") == 2);
}

TEST_CASE("RFC 3261 17.2.2: Timer J: remembered for 32 s, then the request is a new one") {
    StackFixture fixture;
    answer_all(fixture, {.status = 200});
    const Request request{.to_tag = "dialog"};
    fixture.transport.receive(request.text(), fixture.transport.udp());

    fixture.pass(32s - 1ms);
    fixture.transport.receive(request.text(), fixture.transport.udp());
    CHECK(fixture.handler.arrivals.size() == 1);
    CHECK(fixture.metric("herald_sip_server_transactions") == 1);

    fixture.pass(2ms);
    CHECK(fixture.metric("herald_sip_server_transactions") == 0);
    fixture.transport.receive(request.text(), fixture.transport.udp());
    CHECK(fixture.handler.arrivals.size() == 2);
}

TEST_CASE("RFC 3261 17.2.2: each Timer J ends in its time, without further input") {
    StackFixture fixture;
    answer_all(fixture, {.status = 200});
    fixture.transport.receive(Request{.call_id = "one"}.text(), fixture.transport.udp());
    fixture.pass(10s);
    fixture.transport.receive(Request{.via = via_with("z9hG4bKtwo"), .call_id = "two"}.text(),
                              fixture.transport.udp());

    fixture.pass(22s + 1ms);
    CHECK(fixture.metric("herald_sip_server_transactions") == 1);
    fixture.pass(10s);

    CHECK(fixture.metric("herald_sip_server_transactions") == 0);
    CHECK(fixture.loop.timers().size() == 0);
}

TEST_CASE("RFC 3261 17.2.2: while nothing was answered copies are dropped") {
    StackFixture fixture;
    const Request request;

    fixture.transport.receive(request.text(), fixture.transport.udp());
    fixture.transport.receive(request.text(), fixture.transport.udp());

    CHECK(fixture.handler.arrivals.size() == 1);
    CHECK(fixture.transport.take().empty());
}

TEST_CASE("RFC 4320 4.1: a slow answer: 100 at 3.5 s on UDP and TCP, not before; final at 5 s") {
    for (const bool on_stream : {false, true}) {
        CAPTURE(on_stream);
        StackFixture fixture;
        const Flow flow = on_stream ? fixture.transport.connect() : fixture.transport.udp();
        const Request request{.via = via_with("z9hG4bKslow", on_stream ? "TCP" : "UDP"),
                              .more = "Timestamp: 54\r\n"};
        const base::Instant start = fixture.clock.now();
        fixture.transport.receive(request.text(), flow);

        fixture.pass(5s);
        auto sent = fixture.transport.take();
        REQUIRE(sent.size() == 1);
        CHECK(sent[0].at - start == 3500ms);
        CHECK(status_of(sent[0].bytes) == "100");
        CHECK(header_of(sent[0].bytes, "Timestamp") == "54 3.500");
        CHECK(header_of(sent[0].bytes, "To").find("tag=") == std::string::npos);

        fixture.transport.receive(request.text(), flow);
        CHECK(status_of(fixture.transport.take_one()) == "100");

        fixture.stack.answer(fixture.handler.arrivals[0].id, {.status = 200});
        const std::string final = fixture.transport.take_one();
        CHECK(status_of(final) == "200");
        fixture.transport.receive(request.text(), flow);
        CHECK(fixture.transport.take_one() == final);
    }
}

TEST_CASE("RFC 4320 4.1: an application's own 100 waits for its time on UDP, not on a stream") {
    StackFixture fixture;
    fixture.transport.receive(Request().text(), fixture.transport.udp());
    fixture.transport.receive(
        Request{.via = via_with("z9hG4bKtwo", "TCP"), .call_id = "two"}.text(),
        fixture.transport.connect());

    fixture.stack.answer(fixture.handler.arrivals[0].id, {.status = 100});
    CHECK(fixture.transport.take().empty());
    fixture.stack.answer(fixture.handler.arrivals[1].id, {.status = 100});
    fixture.stack.answer(fixture.handler.arrivals[1].id, {.status = 100});
    CHECK(status_of(fixture.transport.take_one()) == "100");

    fixture.pass(4s);
    REQUIRE(fixture.transport.sent().size() == 1);
    CHECK(fixture.transport.sent()[0].flow.protocol == Protocol::udp);
}

TEST_CASE("RFC 4320 4.2: a request that is never answered gets a 100, no 408, and is let go") {
    StackFixture fixture;
    fixture.transport.receive(Request().text(), fixture.transport.udp());
    const auto id = fixture.handler.arrivals[0].id;

    fixture.pass(32s - 1ms);
    CHECK(fixture.stack.request(id) != nullptr);
    fixture.pass(10s);

    CHECK(status_of(fixture.transport.take_one()) == "100");
    CHECK(fixture.stack.request(id) == nullptr);
    fixture.stack.answer(id, {.status = 200});
    CHECK(fixture.transport.take().empty());
    CHECK(fixture.metric("herald_sip_server_transactions") == 0);
}

TEST_CASE("RFC 4320 4.2: abandoned or answered 408: silence, for copies too") {
    for (const bool as_408 : {false, true}) {
        CAPTURE(as_408);
        StackFixture fixture;
        fixture.transport.receive(Request().text(), fixture.transport.udp());

        if (as_408) {
            fixture.stack.answer(fixture.handler.arrivals[0].id, {.status = 408});
        } else {
            fixture.stack.abandon(fixture.handler.arrivals[0].id);
        }
        fixture.transport.receive(Request().text(), fixture.transport.udp());
        fixture.pass(10s);

        CHECK(fixture.transport.take().empty());
        CHECK(fixture.handler.arrivals.size() == 1);
    }
}

TEST_CASE("RFC 3261 17.2.2: a second final answer is discarded") {
    StackFixture fixture;
    fixture.transport.receive(Request().text(), fixture.transport.udp());
    const auto id = fixture.handler.arrivals[0].id;

    fixture.stack.answer(id, {.status = 404});
    fixture.stack.answer(id, {.status = 200});
    fixture.transport.receive(Request().text(), fixture.transport.udp());

    const auto sent = fixture.transport.take();
    REQUIRE(sent.size() == 2);
    CHECK(status_of(sent[0].bytes) == "404");
    CHECK(sent[1].bytes == sent[0].bytes);
}

TEST_CASE("a pending request stays readable after its datagram is gone") {
    StackFixture fixture;
    const Message* inside = nullptr;
    fixture.handler.reply = [&](ServerTransactionId id, const Message& request) {
        inside = fixture.stack.request(id);
        CHECK(inside == &request);
    };
    const Request request{.call_id = "kept"};
    fixture.transport.receive(request.text(), fixture.transport.udp());
    fixture.transport.receive(Request{.via = via_with("z9hG4bKx"), .call_id = "other"}.text(),
                              fixture.transport.udp());

    const Message* const kept = fixture.stack.request(fixture.handler.arrivals[0].id);

    REQUIRE(kept != nullptr);
    CHECK(kept->bytes() == request.text());
    CHECK(kept->call_id() == "kept");
    CHECK(kept->via().branch == "z9hG4bKone");
    fixture.stack.answer(fixture.handler.arrivals[0].id, {.status = 200});
    CHECK(fixture.stack.request(fixture.handler.arrivals[0].id) == nullptr);
}

TEST_CASE("RFC 3261 8.2.2.2: the same request by another way is answered 482") {
    StackFixture fixture;
    answer_all(fixture, {.status = 200});
    fixture.transport.receive(Request{.via = via_with("z9hG4bKone")}.text(),
                              fixture.transport.udp());
    CHECK(status_of(fixture.transport.take_one()) == "200");

    fixture.transport.receive(Request{.via = via_with("z9hG4bKtwo")}.text(),
                              fixture.transport.udp());

    CHECK(status_of(fixture.transport.take_one()) == "482");
    CHECK(fixture.handler.arrivals.size() == 1);
    CHECK(fixture.metric("herald_sip_rejected_total", "merged request") == 1);
}

TEST_CASE("RFC 3261 8.2.2.2: merged with one still pending, and over a stream too") {
    StackFixture fixture;
    const Flow stream = fixture.transport.connect();
    fixture.transport.receive(Request{.via = via_with("z9hG4bKone", "TCP")}.text(), stream);

    fixture.transport.receive(Request{.via = via_with("z9hG4bKtwo", "TCP")}.text(), stream);
    CHECK(status_of(fixture.transport.take_one()) == "482");
    fixture.stack.answer(fixture.handler.arrivals[0].id, {.status = 200});
    fixture.transport.take();
    fixture.pass(31s);
    fixture.transport.receive(Request{.via = via_with("z9hG4bKtwo", "TCP")}.text(), stream);
    CHECK(status_of(fixture.transport.take_one()) == "482");

    fixture.pass(2s);
    fixture.transport.receive(Request{.via = via_with("z9hG4bKtwo", "TCP")}.text(), stream);
    CHECK(fixture.handler.arrivals.size() == 2);
}

TEST_CASE("within a dialog, with another tag, number or method nothing is merged") {
    StackFixture fixture;
    answer_all(fixture, {.status = 200});
    const Request requests[] = {
        {.via = via_with("z9hG4bK1")},
        {.via = via_with("z9hG4bK2"), .to_tag = "t"},
        {.via = via_with("z9hG4bK3"), .to_tag = "t"},
        {.via = via_with("z9hG4bK4"), .from_tag = "other"},
        {.via = via_with("z9hG4bK5"), .cseq = "2"},
        {.via = via_with("z9hG4bK6"), .call_id = "other"},
        {.method = "PUBLISH", .via = via_with("z9hG4bK7")},
    };

    for (const Request& request : requests) {
        fixture.transport.receive(request.text(), fixture.transport.udp());
        CHECK(status_of(fixture.transport.take_one()) == "200");
    }

    CHECK(fixture.handler.arrivals.size() == 7);
}

TEST_CASE("the same request again after 401, 407, 420, 421, 423 or 503 is judged anew") {
    for (const int status : {401, 407, 420, 421, 423, 503}) {
        CAPTURE(status);
        StackFixture fixture;
        answer_all(fixture, {.status = status});
        fixture.transport.receive(Request{.via = via_with("z9hG4bKone")}.text(),
                                  fixture.transport.udp());
        const std::string first = fixture.transport.take_one();

        fixture.transport.receive(Request{.via = via_with("z9hG4bKtwo")}.text(),
                                  fixture.transport.udp());
        CHECK(fixture.handler.arrivals.size() == 2);
        fixture.transport.take();
        fixture.transport.receive(Request{.via = via_with("z9hG4bKone")}.text(),
                                  fixture.transport.udp());
        CHECK(fixture.transport.take_one() == first);
    }
}

TEST_CASE("RFC 3261 26.1.5: answered and forgotten, a copy comes to the handler again") {
    StackFixture fixture;
    fixture.handler.reply = [&](ServerTransactionId id, const Message&) {
        fixture.stack.answer_and_forget(id, {.status = 401});
    };

    fixture.transport.receive(Request().text(), fixture.transport.udp());
    const std::string first = fixture.transport.take_one();
    fixture.transport.receive(Request().text(), fixture.transport.udp());

    CHECK(fixture.transport.take_one() == first);
    CHECK(fixture.handler.arrivals.size() == 2);
    CHECK(fixture.metric("herald_sip_server_transactions") == 0);
}

TEST_CASE("beyond max_server_transactions the oldest answers are forgotten, and counted") {
    StackFixture fixture({.max_server_transactions = 2});
    answer_all(fixture, {.status = 200});
    for (const char* branch : {"z9hG4bK1", "z9hG4bK2", "z9hG4bK3"}) {
        fixture.transport.receive(Request{.via = via_with(branch), .to_tag = "t"}.text(),
                                  fixture.transport.udp());
    }

    fixture.transport.receive(Request{.via = via_with("z9hG4bK1"), .to_tag = "t"}.text(),
                              fixture.transport.udp());

    CHECK(fixture.handler.arrivals.size() == 4);
    CHECK(fixture.metric("herald_sip_server_transactions_forgotten_total") == 2);
}

TEST_CASE("RFC 3261 17.2.3: transactions are told apart by branch, sent-by and method") {
    StackFixture fixture;
    answer_all(fixture, {.status = 200});
    const Request requests[] = {
        {.to_tag = "t"},
        {.method = "PUBLISH", .to_tag = "t"},
        {.via = "SIP/2.0/UDP 192.0.2.11:5060;branch=z9hG4bKone", .to_tag = "t"},
        {.via = "SIP/2.0/UDP 192.0.2.10:5061;branch=z9hG4bKone", .to_tag = "t"},
        {.via = "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKtwo", .to_tag = "t"},
    };

    for (const Request& request : requests) {
        fixture.transport.receive(request.text(), fixture.transport.udp());
        fixture.transport.receive(request.text(), fixture.transport.udp());
    }
    CHECK(fixture.handler.arrivals.size() == 5);

    fixture.transport.receive(
        Request{.via = "SIP/2.0/UDP HOST.example.com;branch=z9hG4bKone", .to_tag = "t"}.text(),
        fixture.transport.udp());
    fixture.transport.receive(
        Request{.via = "SIP/2.0/UDP host.example.com;branch=z9hG4bKone", .to_tag = "t"}.text(),
        fixture.transport.udp());
    CHECK(fixture.handler.arrivals.size() == 6);
}

TEST_CASE("RFC 3261 17.2.3: without the cookie the whole of RFC 2543's fields decides") {
    for (const char* branch : {"", ";branch=old", ";branch=z9hG4bK"}) {
        CAPTURE(branch);
        StackFixture fixture;
        answer_all(fixture, {.status = 200});
        Request request{.via = "SIP/2.0/UDP 192.0.2.10" + std::string(branch), .to_tag = "t"};
        fixture.transport.receive(request.text(), fixture.transport.udp());
        fixture.transport.receive(request.text(), fixture.transport.udp());
        CHECK(fixture.handler.arrivals.size() == 1);

        request.cseq = "2";
        fixture.transport.receive(request.text(), fixture.transport.udp());
        CHECK(fixture.handler.arrivals.size() == 2);
        request.call_id = "other";
        fixture.transport.receive(request.text(), fixture.transport.udp());
        CHECK(fixture.handler.arrivals.size() == 3);
        Request cancel = request;
        cancel.method = "CANCEL";
        fixture.transport.take();
        fixture.transport.receive(cancel.text(), fixture.transport.udp());
        CHECK(status_of(fixture.transport.take_one()) == "200");
    }
}

}  // namespace herald::sip::server_transactions_test
