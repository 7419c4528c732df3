// tests/unit/sip/stack_test.cpp: requests refused, passed on or handed up, and the answers.
#include "sip/stack.h"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sip/responder.h"
#include "tests/unit/sip/stack_fixture.h"

namespace herald::sip::stack_test {

using namespace herald::test;
using herald::test::header_of;
using namespace std::chrono_literals;

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
    CHECK(fixture.metric("herald_sip_requests_total", "other") == 1);
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
    CHECK(fixture.metric("herald_sip_rejected_total") == 3);
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
    const Request again{.via = via_with("z9hG4bKagain"), .call_id = "two"};
    fixture.transport.receive(again.text(), fixture.transport.udp());

    CHECK(fixture.handler.arrivals.size() == 2);
    CHECK(fixture.metric("herald_sip_rejected_total", "overload") == 1);
}

TEST_CASE("of requests that wait one source has an eighth at most, once half the room is taken") {
    StackFixture fixture({.max_pending_bytes = 64'000});
    const auto send_many = [&](const char* from, int count) {
        auto flow = fixture.transport.udp();
        flow.peer = *Endpoint::from(from, 5060);
        const auto before = fixture.handler.arrivals.size();
        for (int i = 0; i < count; ++i) {
            const auto name = std::string(from) + "-" + std::to_string(i);
            const Request request{.via = via_with("z9hG4bK" + name), .call_id = name};
            fixture.transport.receive(request.text(), flow);
        }
        return fixture.handler.arrivals.size() - before;
    };

    const auto greedy = send_many("192.0.2.66", 500);
    CHECK(greedy > 50);
    CHECK(greedy < 100);
    CHECK(send_many("192.0.2.67", 5) == 5);
}

TEST_CASE(
    "RFC 3261 8.2.7: a copy of what was turned away is turned away, though there is room now") {
    StackFixture fixture;
    answer_all(fixture, {.status = 200});
    fixture.handler.refused_at = Load::high;
    fixture.transport.pretend_load(Load::high);
    fixture.transport.receive(Request().text(), fixture.transport.udp());
    const std::string refused = fixture.transport.take_one();
    CHECK(status_of(refused) == "503");
    fixture.transport.pretend_load(Load::normal);

    fixture.transport.receive(Request().text(), fixture.transport.udp());
    CHECK(fixture.transport.take_one() == refused);
    CHECK(fixture.handler.arrivals.empty());

    const Request anew{.via = via_with("z9hG4bKanew")};
    fixture.transport.receive(anew.text(), fixture.transport.udp());
    CHECK(status_of(fixture.transport.take_one()) == "200");
}

TEST_CASE("RFC 3261 8.2.7: the same goes for a 503 of the handler's; a 401 is given anew") {
    for (const int status : {503, 401}) {
        CAPTURE(status);
        StackFixture fixture;
        fixture.handler.reply = [&](ServerTransactionId id, const Message&) {
            fixture.stack.answer_and_forget(id, {.status = status});
        };
        fixture.transport.receive(Request().text(), fixture.transport.udp());
        CHECK(status_of(fixture.transport.take_one()) == std::to_string(status));
        fixture.transport.receive(Request().text(), fixture.transport.udp());
        CHECK(status_of(fixture.transport.take_one()) == std::to_string(status));
        CHECK(fixture.handler.arrivals.size() == (status == 503 ? 1 : 2));
    }
}

TEST_CASE("RFC 3261 21.5.4: whom the handler turns away under load gets 503; copies are known") {
    StackFixture fixture;
    answer_all(fixture, {.status = 200});
    fixture.transport.receive(Request().text(), fixture.transport.udp());
    const std::string accepted = fixture.transport.take_one();
    const Request second{.via = via_with("z9hG4bKtwo"), .call_id = "two"};

    fixture.transport.pretend_load(Load::high);
    fixture.transport.receive(second.text(), fixture.transport.udp());
    CHECK(status_of(fixture.transport.take_one()) == "200");

    fixture.handler.refused_at = Load::high;
    const Request third{.via = via_with("z9hG4bKthree"), .call_id = "three"};
    fixture.transport.receive(third.text(), fixture.transport.udp());
    const std::string refused = fixture.transport.take_one();
    CHECK(status_of(refused) == "503");
    CHECK_FALSE(header_of(refused, "Retry-After").empty());
    fixture.transport.receive(Request().text(), fixture.transport.udp());
    CHECK(fixture.transport.take_one() == accepted);

    fixture.transport.pretend_load(Load::normal);
    const Request fourth{.via = via_with("z9hG4bKfour"), .call_id = "three"};
    fixture.transport.receive(fourth.text(), fixture.transport.udp());
    CHECK(status_of(fixture.transport.take_one()) == "200");
    CHECK(fixture.metric("herald_sip_rejected_total", "overload") == 1);
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

TEST_CASE("a refusal or the answer to OPTIONS by UDP is less than three times its request") {
    StackFixture fixture;
    const std::string long_list = "Allow-Events: " + std::string(300, 'x') + "\r\n";
    answer_all(fixture, {.status = 420, .headers = "Supported: a\r\n" + long_list + long_list});
    const std::string request = Request{}.text();

    fixture.transport.receive(request, fixture.transport.udp());
    const std::string brief = fixture.transport.take_one();
    CHECK(brief.size() < 3 * request.size());
    CHECK(header_of(brief, "Supported") == "a");
    CHECK(header_of(brief, "CSeq") != "");
    fixture.transport.receive(request, fixture.transport.udp());
    CHECK(fixture.transport.take_one() == brief);
    CHECK(fixture.metric("herald_sip_responses_shortened_total") == 2);

    fixture.transport.receive(Request{.via = "SIP/2.0/TCP h;branch=z9hG4bKs"}.text(),
                              fixture.transport.connect());
    CHECK(fixture.transport.take_one().size() > 600);
}

TEST_CASE("a refusal as large as its request is not kept; copies are refused all the same") {
    StackFixture fixture;
    const std::string echo = "Unsupported: " + std::string(8000, 'x') + "\r\n";
    answer_all(fixture, {.status = 420, .headers = echo});
    const std::string request =
        Request{.more = "Require: " + std::string(8000, 'x') + "\r\n"}.text();
    const double before = fixture.metric("herald_sip_server_transaction_bytes");

    fixture.transport.receive(request, fixture.transport.udp());
    CHECK(fixture.transport.take_one().size() > 8000);
    fixture.transport.receive(request, fixture.transport.udp());
    CHECK(status_of(fixture.transport.take_one()) == "420");
    CHECK(fixture.handler.arrivals.size() == 1);
    // One chunk of the log.
    CHECK(fixture.metric("herald_sip_server_transaction_bytes") - before < 70'000);
    for (int i = 0; i < 100; ++i) {
        fixture.transport.receive(Request{.via = via_with("z9hG4bK" + std::to_string(i)),
                                          .call_id = std::to_string(i),
                                          .more = "Require: x\r\n"}
                                      .text(),
                                  fixture.transport.udp());
    }
    CHECK(fixture.metric("herald_sip_server_transaction_bytes") - before < 70'000);
}

TEST_CASE("requests that wait for their answer are bounded by bytes") {
    StackFixture fixture;
    fixture.handler.reply = nullptr;
    const std::string large = "X-Large: " + std::string(5000, 'x') + "\r\n";
    int taken = 0;
    for (int i = 0; i < 20'000 && taken == i; ++i) {
        auto flow = fixture.transport.udp();
        flow.peer = endpoint("10.0.1." + std::to_string(i % 100), 5060);
        fixture.transport.receive(Request{.via = via_with("z9hG4bK" + std::to_string(i)),
                                          .call_id = std::to_string(i),
                                          .more = large}
                                      .text(),
                                  flow);
        taken = static_cast<int>(fixture.handler.arrivals.size());
    }

    CHECK(taken > 10'000);
    CHECK(taken < 14'000);
    CHECK(status_of(fixture.transport.take_one()) == "503");
}

TEST_CASE("RFC 3261 18.2.2: where an answer to a datagram goes") {
    const Endpoint source = endpoint("10.0.0.9", 40000);
    const Endpoint local = endpoint("127.0.0.1", 40000);
    const Endpoint proxy = endpoint("10.0.1.1", 40000);
    const Endpoint six = endpoint("2001:db8::9", 40000);
    const auto target = [&](const Endpoint& from, Via via, bool force = false) {
        const ResponderOptions options{.force_rport = force,
                                       .trusted_peers = {{proxy, 32}, {local, 8}, {six, 128}}};
        return response_target(via, from, options).to_string();
    };

    CHECK(target(source, {.host = "h"}) == "10.0.0.9:5060");
    CHECK(target(source, {.host = "h", .port = 5070}) == "10.0.0.9:5070");
    CHECK(target(source, {.host = "h", .port = 5070, .has_rport = true}) == "10.0.0.9:40000");
    CHECK(target(source, {.host = "h", .port = 5070}, true) == "10.0.0.9:40000");
    CHECK(target(proxy, {.host = "h", .port = 5070, .maddr = "192.0.2.3"}) == "192.0.2.3:5070");
    CHECK(target(proxy, {.host = "h", .maddr = "192.0.2.3", .has_rport = true}) ==
          "192.0.2.3:5060");
    CHECK(target(source, {.host = "h", .maddr = "192.0.2.3"}) == "10.0.0.9:5060");
    CHECK(target(proxy, {.host = "h", .maddr = "name.example.com"}) == "10.0.1.1:5060");
    CHECK(target(proxy, {.host = "h", .maddr = "127.0.0.1"}) == "10.0.1.1:5060");
    CHECK(target(proxy, {.host = "h", .maddr = "224.0.1.75"}) == "10.0.1.1:5060");
    CHECK(target(proxy, {.host = "h", .maddr = "255.255.255.255"}) == "10.0.1.1:5060");
    CHECK(target(proxy, {.host = "h", .maddr = "0.0.0.0"}) == "10.0.1.1:5060");
    CHECK(target(local, {.host = "h", .maddr = "127.0.0.2"}) == "127.0.0.2:5060");
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

TEST_CASE(
    "RFC 5630 3.1: on TLS our Contact is sips for who is, with transport=tls for who writes it") {
    StackFixture fixture;
    fixture.transport.listen(Protocol::tls, endpoint("192.0.2.1", 5061));
    fixture.transport.listen(Protocol::wss, endpoint("192.0.2.1", 443));
    const auto tls = fixture.transport.open(Protocol::tls, endpoint("192.0.2.10", 40000));
    const auto wss = fixture.transport.open(Protocol::wss, endpoint("192.0.2.10", 40001));
    REQUIRE(tls);
    REQUIRE(wss);
    const auto contact = [&](const Flow& flow, std::string_view peer) {
        return std::string(fixture.stack.contact(flow, Scheme::sip, peer));
    };

    CHECK(contact(*tls, "sip:b@h") == "<sip:herald@192.0.2.1:5061;gr>");
    CHECK(contact(*tls, "sips:b@h") == "<sips:herald@192.0.2.1:5061;gr>");
    CHECK(contact(*tls, "<sip:b@h;transport=TLS>") ==
          "<sip:herald@192.0.2.1:5061;transport=tls;gr>");
    CHECK(contact(*wss, "sip:b@x.invalid;transport=ws") ==
          "<sip:herald@192.0.2.1:443;transport=ws;gr>");
    CHECK(contact(*wss, "sips:b@x.invalid") == "<sips:herald@192.0.2.1:443;transport=ws;gr>");
    CHECK(contact(fixture.transport.udp("192.0.2.10", 5060), "sips:b@h") ==
          "<sip:herald@192.0.2.1:5060;gr>");

    // A record-routing proxy on the way counts before the Contact behind it.
    fixture.transport.receive(Request{.via = "SIP/2.0/TLS p;branch=z9hG4bK1",
                                      .more = "Record-Route: <sips:p.example.com;lr>\r\n"
                                              "Contact: <sip:b@h;transport=tls>\r\n"}
                                  .text(),
                              *tls);
    fixture.stack.answer(fixture.handler.arrivals[0].id, {.status = 200, .with_contact = true});
    CHECK(header_of(fixture.transport.take_one(), "Contact") == "<sips:herald@192.0.2.1:5061;gr>");
}

TEST_CASE("RFC 3261 18.2.2: an answer opens no connection to where its request may not send us") {
    TargetRules::Setup rules;
    rules.own = {endpoint("192.0.2.10", 8080)};
    StackFixture fixture({.targets = std::make_shared<TargetRules>(rules)});
    for (const int port : {8080, 8081}) {
        const Flow flow = fixture.transport.connect("192.0.2.10", 40000);
        const std::string number = std::to_string(port);
        fixture.transport.receive(
            Request{.via = "SIP/2.0/TCP h:" + number + ";branch=z9hG4bK" + number,
                    .call_id = number}
                .text(),
            flow);
        fixture.transport.close(flow);
        fixture.stack.answer(fixture.handler.arrivals.back().id, {.status = 200});
        CHECK(fixture.transport.take().size() == (port == 8080 ? 0 : 1));
    }
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
    CHECK(fixture.metric("herald_sip_rejected_total") == 3);
}

TEST_CASE(
    "RFC 3261 21.4.11: a stream that brings too much is told so: 413 for the body, 513 for the "
    "rest") {
    using Error = ParseOutcome::Error;
    StackFixture fixture;
    const Flow flow = fixture.transport.connect();
    const auto told = [&](Error why) {
        std::string text = Request{.via = via_with("z9hG4bK1", "TCP")}.text();
        text.replace(text.find("Length: 0"), 9, "Length: 999999");
        fixture.stack.on_unframeable(std::span<char>(text), flow, why);
        return status_of(fixture.transport.take_one());
    };

    CHECK(told(Error::body_too_large) == "413");
    CHECK(told(Error::too_large) == "513");
    CHECK(told(Error::malformed) == "400");
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

TEST_CASE("RFC 3261 16.3: what is sent on may come by several ways, which is no merged request") {
    for (const auto role : {Role::server, Role::proxy}) {
        StackFixture fixture;
        fixture.handler.role = role;
        fixture.transport.receive(Request().text(), fixture.transport.udp());
        fixture.transport.receive(Request{.via = via_with("z9hG4bKtwo")}.text(),
                                  fixture.transport.udp());
        CHECK(fixture.handler.arrivals.size() == (role == Role::proxy ? 2 : 1));
        CHECK(status_of(fixture.transport.take_one()) == (role == Role::proxy ? "" : "482"));
        // A copy is one all the same.
        fixture.transport.receive(Request().text(), fixture.transport.udp());
        CHECK(fixture.handler.arrivals.size() == (role == Role::proxy ? 2 : 1));
    }
}

TEST_CASE("RFC 3261 16.11: of what is passed on nothing is kept, copies, ACK and CANCEL included") {
    StackFixture fixture;
    fixture.handler.role = Role::passage;
    fixture.handler.pass = [&](const Message& request, const Flow& flow) {
        fixture.stack.answer_statelessly(request, flow, {.status = 486});
    };
    for (const auto* method : {"INVITE", "INVITE", "CANCEL", "ACK", "MAGIC"})
        fixture.transport.receive(Request{.method = method}.text(), fixture.transport.udp());
    CHECK(fixture.handler.passed ==
          std::vector<std::string>{"INVITE", "INVITE", "CANCEL", "ACK", "MAGIC"});
    CHECK(fixture.handler.arrivals.empty());
    const auto sent = fixture.transport.take();
    REQUIRE(sent.size() == 4);
    CHECK(sent[0].bytes == sent[1].bytes);
    CHECK(status_of(sent[0].bytes) == "486");
    CHECK_FALSE(header_of(sent[0].bytes, "To").empty());
}

TEST_CASE("RFC 3261 16.11: under load no call begins, and what belongs to one goes its way") {
    StackFixture fixture;
    fixture.handler.role = Role::passage;
    fixture.handler.refused_at = Load::high;
    fixture.transport.pretend_load(Load::high);
    fixture.transport.receive(Request{.method = "INVITE"}.text(), fixture.transport.udp());
    CHECK(status_of(fixture.transport.take_one()) == "503");
    fixture.transport.receive(Request{.method = "INVITE", .to_tag = "t"}.text(),
                              fixture.transport.udp());
    fixture.transport.receive(Request{.method = "CANCEL"}.text(), fixture.transport.udp());
    fixture.transport.receive(Request{.method = "ACK"}.text(), fixture.transport.udp());
    CHECK(fixture.handler.passed == std::vector<std::string>{"INVITE", "CANCEL", "ACK"});
}

TEST_CASE("RFC 3261 16.11: an answer to what was passed on goes back, any other is a stray") {
    StackFixture fixture;
    fixture.handler.passed_branch = "z9hG4bKone";
    const auto request = Request{.method = "INVITE"}.text();
    fixture.transport.receive(response_to(request, "180 Ringing"), fixture.transport.udp());
    CHECK(fixture.metric("herald_sip_stray_responses_total") == 0);
    fixture.handler.passed_branch = "z9hG4bKother";
    fixture.transport.receive(response_to(request, "180 Ringing"), fixture.transport.udp());
    CHECK(fixture.metric("herald_sip_stray_responses_total") == 1);
}

}  // namespace herald::sip::stack_test
