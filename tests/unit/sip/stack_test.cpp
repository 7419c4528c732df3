// tests/unit/sip/stack_test.cpp: requests in: server transactions, copies, refusals, and the way
// back of answers.
#include "sip/stack.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sip/responder.h"
#include "tests/unit/sip/stack_fixture.h"

using namespace herald;
using namespace herald::sip;
using namespace herald::test;
using namespace std::chrono_literals;

namespace {

/// What the tests below vary in a request.
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

std::string via_with(std::string_view branch, std::string_view transport = "UDP") {
    return "SIP/2.0/" + std::string(transport) + " 192.0.2.10:5060;branch=" + std::string(branch);
}

std::string status_of(std::string_view response) {
    return response.size() < 12 ? std::string() : std::string(response.substr(8, 3));
}

/// Answers each request at once.
void answer_all(StackFixture& fixture, Answer answer) {
    fixture.handler.reply = [&fixture, answer](ServerTransactionId id, const Message&) {
        fixture.stack.answer(id, answer);
    };
}

}  // namespace

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
    CHECK(fixture.metric("sip_retransmissions_total", "in") == 1);
    CHECK(fixture.metric("sip_requests_total", "SUBSCRIBE") == 1);
    CHECK(fixture.metric("sip_responses_sent_total", "2xx") == 2);
}

TEST_CASE("RFC 3261 17.2.2: Timer J: remembered for 32 s, then the request is a new one") {
    StackFixture fixture;
    answer_all(fixture, {.status = 200});
    const Request request{.to_tag = "dialog"};
    fixture.transport.receive(request.text(), fixture.transport.udp());

    fixture.pass(32s - 1ms);
    fixture.transport.receive(request.text(), fixture.transport.udp());
    CHECK(fixture.handler.arrivals.size() == 1);
    CHECK(fixture.metric("sip_server_transactions") == 1);

    fixture.pass(2ms);
    CHECK(fixture.metric("sip_server_transactions") == 0);
    fixture.transport.receive(request.text(), fixture.transport.udp());
    CHECK(fixture.handler.arrivals.size() == 2);
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
    CHECK(fixture.metric("sip_server_transactions") == 0);
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
    CHECK(fixture.metric("sip_rejected_total", "merged request") == 1);
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
    CHECK(fixture.metric("sip_server_transactions") == 0);
}

TEST_CASE("RFC 3261 9.2: a CANCEL is answered 200 or 481 and changes nothing") {
    StackFixture fixture;
    fixture.transport.receive(Request().text(), fixture.transport.udp());
    Request cancel;
    cancel.method = "CANCEL";
    fixture.transport.receive(cancel.text(), fixture.transport.udp());
    const std::string answered = fixture.transport.take_one();
    CHECK(status_of(answered) == "200");
    fixture.stack.answer(fixture.handler.arrivals[0].id, {.status = 200});
    CHECK(header_of(fixture.transport.take_one(), "To") == header_of(answered, "To"));

    fixture.transport.receive(cancel.text(), fixture.transport.udp());
    CHECK(fixture.transport.take_one() == answered);
    cancel.via = via_with("z9hG4bKunknown");
    fixture.transport.receive(cancel.text(), fixture.transport.udp());
    CHECK(status_of(fixture.transport.take_one()) == "481");

    CHECK(fixture.handler.arrivals.size() == 1);
}

TEST_CASE("RFC 3261 17.2.1: an ACK is absorbed; an INVITE is the handler's to refuse") {
    StackFixture fixture;
    answer_all(fixture, {.status = 405, .headers = "Allow: SUBSCRIBE\r\n"});
    Request request{.method = "INVITE"};
    fixture.transport.receive(request.text(), fixture.transport.udp());
    CHECK(status_of(fixture.transport.take_one()) == "405");

    request.method = "ACK";
    fixture.transport.receive(request.text(), fixture.transport.udp());

    CHECK(fixture.transport.take().empty());
    CHECK(fixture.handler.arrivals.size() == 1);
}

TEST_CASE("RFC 3261 8.2.1: an unknown method is answered 501 with Allow") {
    StackFixture fixture({.allow = "SUBSCRIBE, PUBLISH"});

    fixture.transport.receive(Request{.method = "NEWMETHOD"}.text(), fixture.transport.udp());

    const std::string sent = fixture.transport.take_one();
    CHECK(status_of(sent) == "501");
    CHECK(header_of(sent, "Allow") == "SUBSCRIBE, PUBLISH");
    CHECK(fixture.handler.arrivals.empty());
    CHECK(fixture.metric("sip_requests_total", "other") == 1);
}

TEST_CASE("RFC 3261 8.2: a malformed request is answered with its fault, an ACK is not") {
    StackFixture fixture;
    Request request;
    request.cseq = "nonsense";

    fixture.transport.receive(request.text(), fixture.transport.udp());
    const std::string sent = fixture.transport.take_one();
    CHECK(sent.starts_with("SIP/2.0 400 "));
    CHECK(sent.find("SIP/2.0 400 Bad Request") == std::string::npos);
    request.method = "ACK";
    fixture.transport.receive(request.text(), fixture.transport.udp());
    fixture.transport.receive("this is no SIP at all\n\n", fixture.transport.udp());

    CHECK(fixture.transport.take().empty());
    CHECK(fixture.metric("sip_rejected_total") == 3);
    CHECK(fixture.handler.arrivals.empty());
}

TEST_CASE("RFC 3261 21.5.4: with too many requests unanswered, 503 with Retry-After") {
    StackFixture fixture({.max_pending_requests = 1});
    fixture.transport.receive(Request().text(), fixture.transport.udp());
    const Request second{.via = via_with("z9hG4bKtwo"), .call_id = "two"};

    fixture.transport.receive(second.text(), fixture.transport.udp());
    const std::string refused = fixture.transport.take_one();
    CHECK(status_of(refused) == "503");
    const int seconds = std::stoi(header_of(refused, "Retry-After"));
    CHECK((seconds >= 1 && seconds <= 5));
    fixture.stack.answer(fixture.handler.arrivals[0].id, {.status = 200});
    fixture.transport.receive(second.text(), fixture.transport.udp());

    CHECK(fixture.handler.arrivals.size() == 2);
    CHECK(fixture.metric("sip_rejected_total", "overload") == 1);
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
    CHECK(fixture.metric("sip_server_transactions_forgotten_total") == 2);
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

TEST_CASE("RFC 3581 4: with rport the answer goes to the source port, and says so in the Via") {
    StackFixture fixture;
    answer_all(fixture, {.status = 200});
    const Flow flow = fixture.transport.udp("10.0.0.9", 40000);

    fixture.transport.receive(
        Request{.via = "SIP/2.0/UDP host.example.com;rport;branch=z9hG4bKr"}.text(), flow);

    const auto sent = fixture.transport.take();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].flow == flow);
    const std::string via = header_of(sent[0].bytes, "Via");
    CHECK(via.find(";rport=40000") != std::string::npos);
    CHECK(via.find(";received=10.0.0.9") != std::string::npos);
}

TEST_CASE("RFC 3261 18.2.2: where an answer to a datagram goes") {
    const Endpoint source = endpoint("10.0.0.9", 40000);
    const Endpoint local = endpoint("127.0.0.1", 40000);
    const auto target = [](const Endpoint& from, Via via, bool force = false) {
        return response_target(via, from, force).to_string();
    };

    CHECK(target(source, {.host = "h"}) == "10.0.0.9:5060");
    CHECK(target(source, {.host = "h", .port = 5070}) == "10.0.0.9:5070");
    CHECK(target(source, {.host = "h", .port = 5070, .has_rport = true}) == "10.0.0.9:40000");
    CHECK(target(source, {.host = "h", .port = 5070}, true) == "10.0.0.9:40000");
    CHECK(target(source, {.host = "h", .port = 5070, .maddr = "192.0.2.3"}) == "192.0.2.3:5070");
    CHECK(target(source, {.host = "h", .maddr = "192.0.2.3", .has_rport = true}) ==
          "192.0.2.3:5060");
    CHECK(target(source, {.host = "h", .maddr = "name.example.com"}) == "10.0.0.9:5060");
    CHECK(target(source, {.host = "h", .maddr = "127.0.0.1"}) == "10.0.0.9:5060");
    CHECK(target(source, {.host = "h", .maddr = "224.0.1.75"}) == "10.0.0.9:5060");
    CHECK(target(source, {.host = "h", .maddr = "255.255.255.255"}) == "10.0.0.9:5060");
    CHECK(target(source, {.host = "h", .maddr = "0.0.0.0"}) == "10.0.0.9:5060");
    CHECK(target(local, {.host = "h", .maddr = "127.0.0.2"}) == "127.0.0.2:5060");
    const Endpoint six = endpoint("2001:db8::9", 40000);
    CHECK(target(six, {.host = "h"}) == "[2001:db8::9]:5060");
    CHECK(target(six, {.host = "h", .maddr = "ff02::1"}) == "[2001:db8::9]:5060");
}

TEST_CASE("RFC 3261 18.2.2: on a stream the answer takes the same connection, else a new one") {
    StackFixture fixture;
    const Flow flow = fixture.transport.connect("192.0.2.10", 40000);
    Request request{.via = "SIP/2.0/TCP h.example.com:5070;branch=z9hG4bK1"};
    fixture.transport.receive(request.text(), flow);
    fixture.stack.answer(fixture.handler.arrivals[0].id, {.status = 200, .with_contact = true});
    REQUIRE(fixture.transport.sent().size() == 1);
    CHECK(fixture.transport.sent()[0].flow == flow);
    CHECK(header_of(fixture.transport.take_one(), "Contact") ==
          "<sip:herald@192.0.2.1:5060;transport=tcp;gr>");

    request.via = "SIP/2.0/TCP h.example.com:5070;branch=z9hG4bK2";
    request.call_id = "two";
    fixture.transport.receive(request.text(), flow);
    fixture.transport.close(flow);
    fixture.stack.answer(fixture.handler.arrivals[1].id, {.status = 200});

    REQUIRE(fixture.transport.sent().size() == 1);
    CHECK(fixture.transport.sent()[0].flow.peer == endpoint("192.0.2.10", 5070));
    CHECK(fixture.transport.sent()[0].flow.protocol == Protocol::tcp);
}

TEST_CASE("the To tag of a stateless answer is the same for each copy and differs by request") {
    StackFixture fixture({.lasting_key = {1, 2}});
    StackFixture restarted({.lasting_key = {1, 2}});
    const auto tag_of = [](StackFixture& where, std::string_view call_id) {
        Request request{.method = "NEWMETHOD", .call_id = std::string(call_id)};
        where.transport.receive(request.text(), where.transport.udp());
        return header_of(where.transport.take_one(), "To");
    };

    const std::string to = tag_of(fixture, "one");

    CHECK(to.size() >= std::string("<sip:alice@example.com>;tag=").size() + 7);
    CHECK(tag_of(fixture, "one") == to);
    CHECK(tag_of(restarted, "one") == to);
    CHECK(tag_of(fixture, "two") != to);
}

TEST_CASE("branch_hash is the same after a restart and differs by branch and sent-by") {
    StackFixture fixture({.lasting_key = {1, 2}});
    StackFixture restarted({.lasting_key = {1, 2}});
    const auto hash_of = [](StackFixture& where, std::string_view via) {
        std::uint64_t hash = 0;
        where.handler.reply = [&](ServerTransactionId id, const Message& request) {
            hash = where.stack.branch_hash(request);
            where.stack.answer_and_forget(id, {.status = 401});
        };
        where.transport.receive(Request{.via = std::string(via)}.text(), where.transport.udp());
        return hash;
    };

    const std::uint64_t hash = hash_of(fixture, via_with("z9hG4bK1"));

    CHECK(hash_of(restarted, via_with("z9hG4bK1")) == hash);
    CHECK(hash_of(fixture, via_with("z9hG4bK2")) != hash);
    CHECK(hash_of(fixture, "SIP/2.0/UDP 192.0.2.99;branch=z9hG4bK1") != hash);
}

TEST_CASE("each well-formed request is a sign of life of its flow") {
    StackFixture fixture;
    answer_all(fixture, {.status = 200});
    const Flow flow = fixture.transport.udp();

    fixture.transport.receive(Request().text(), flow);
    fixture.transport.receive(Request().text(), flow);
    fixture.transport.receive("OPTIONS garbage\n\n", flow);

    REQUIRE(fixture.handler.alive.size() == 2);
    CHECK(fixture.handler.alive[0] == flow);
}

TEST_CASE("a Server header is added where one is configured, to copies too") {
    StackFixture fixture({.user_agent = "Herald/0.1"});
    answer_all(fixture, {.status = 200, .content_type = "text/plain", .body = "a\r\n\r\nb"});

    fixture.transport.receive(Request().text(), fixture.transport.udp());
    const std::string first = fixture.transport.take_one();
    fixture.transport.receive(Request().text(), fixture.transport.udp());

    CHECK(header_of(first, "Server") == "Herald/0.1");
    CHECK(first.ends_with("\r\n\r\na\r\n\r\nb"));
    CHECK(fixture.transport.take_one() == first);
}

TEST_CASE("a request of another shard is passed on as it came, before any state is touched") {
    struct Router final : ShardRouter {
        unsigned shard_of(const Message& request) const override {
            return request.call_id() == "theirs" ? 1 : 0;
        }
        void forward(unsigned shard, std::span<const char> bytes, const Flow& flow,
                     Framing) override {
            last = {shard, std::string(bytes.begin(), bytes.end()), flow};
        }
        struct Forwarded {
            unsigned shard = 0;
            std::string bytes;
            Flow flow;
        } last;
    } router;
    StackFixture fixture({.shards = 2}, &router);
    const Request theirs{.call_id = "theirs"};

    fixture.transport.receive(theirs.text(), fixture.transport.udp());
    fixture.transport.receive(Request().text(), fixture.transport.udp());

    CHECK(router.last.shard == 1);
    CHECK(router.last.bytes == theirs.text());
    CHECK(router.last.flow == fixture.transport.udp());
    CHECK(fixture.handler.arrivals.size() == 1);
}

TEST_CASE("RFC 3261 18.3: what cannot be framed is answered 400 where it can be") {
    StackFixture fixture;
    const Flow flow = fixture.transport.connect();
    std::string text = Request{.via = via_with("z9hG4bK1", "TCP")}.text();
    text.erase(text.find("Content-Length"), std::string("Content-Length: 0\r\n").size());

    fixture.transport.receive_unframeable(text, flow);
    CHECK(status_of(fixture.transport.take_one()) == "400");
    fixture.transport.receive_unframeable("garbage without any sense\r\n\r\n", flow);
    fixture.transport.receive_unframeable("SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP h\r\n\r\n", flow);

    CHECK(fixture.transport.take().empty());
    CHECK(fixture.metric("sip_rejected_total") == 3);
}

TEST_CASE("a stack can go while requests are pending on both sides") {
    base::ManualClock clock;
    base::Loop loop(clock);
    base::Metrics metrics;
    FakeTransport transport(clock);
    NotingHandler handler;
    NotingSource source(loop);
    {
        Stack stack(loop, transport, handler, metrics, {});
        transport.attach(stack);
        stack.start(transport.udp(), source, 1);
        transport.receive(Request().text(), transport.udp());
    }

    clock.advance(60s);
    loop.turn(0s);

    CHECK(source.outcomes.empty());
    CHECK(loop.timers().size() == 0);
}
