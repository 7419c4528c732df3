// tests/unit/sip/client_transactions_test.cpp: requests out: their timers, answers, strays and
// failures.
#include "sip/client_transactions.h"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/sip/stack_fixture.h"

namespace herald::sip::client_transactions_test {

using namespace herald::test;
using herald::test::header_of;
using namespace std::chrono_literals;

using How = ClientOutcome::How;

TEST_CASE("RFC 3261 17.1.2.2: to a dead UDP host 11 sends at their times, failure at 32 s") {
    StackFixture fixture;
    const base::Instant start = fixture.clock.now();
    const Flow flow = fixture.transport.udp();

    fixture.stack.start(flow, fixture.source, 7);
    fixture.pass(40s);

    const auto sent = fixture.transport.take();
    const base::Duration expected[] = {0ms,     500ms,   1500ms,  3500ms,  7500ms, 11500ms,
                                       15500ms, 19500ms, 23500ms, 27500ms, 31500ms};
    REQUIRE(sent.size() == 11);
    for (std::size_t i = 0; i < sent.size(); ++i) {
        CHECK(sent[i].at - start == expected[i]);
        CHECK(sent[i].bytes == sent[0].bytes);
        CHECK(sent[i].flow == flow);
    }
    REQUIRE(fixture.source.outcomes.size() == 1);
    CHECK(fixture.source.outcomes[0].at - start == 32s);
    CHECK(fixture.source.outcomes[0].how == How::timeout);
    CHECK(fixture.source.outcomes[0].status == 408);
    CHECK(fixture.source.outcomes[0].user == 7);
    CHECK(fixture.metric("herald_sip_retransmissions_total", "out") == 10);
    CHECK(fixture.metric("herald_sip_client_transactions") == 0);
}

TEST_CASE("RFC 3261 17.1.2.2: after a 1xx a request is repeated every T2 only, until 32 s") {
    StackFixture fixture;
    const base::Instant start = fixture.clock.now();
    fixture.stack.start(fixture.transport.udp(), fixture.source, 1);
    fixture.pass(100ms);

    fixture.transport.receive(response_to(fixture.transport.take_one(), "100 Trying"),
                              fixture.transport.udp());
    fixture.pass(40s);

    const auto sent = fixture.transport.take();
    const base::Duration expected[] = {500ms,   4500ms,  8500ms,  12500ms,
                                       16500ms, 20500ms, 24500ms, 28500ms};
    REQUIRE(sent.size() == 8);
    for (std::size_t i = 0; i < sent.size(); ++i) CHECK(sent[i].at - start == expected[i]);
    REQUIRE(fixture.source.outcomes.size() == 1);
    CHECK(fixture.source.outcomes[0].at - start == 32s);
}

TEST_CASE("RFC 3261 17.1.2.2: on a stream nothing is repeated, failure still comes at 32 s") {
    StackFixture fixture;
    const Flow flow = fixture.transport.connect();

    fixture.stack.start(flow, fixture.source, 1);
    fixture.pass(32s - 1ms);

    CHECK(fixture.transport.take().size() == 1);
    CHECK(fixture.source.outcomes.empty());
    fixture.pass(1ms);
    REQUIRE(fixture.source.outcomes.size() == 1);
    CHECK(fixture.source.outcomes[0].how == How::timeout);
}

TEST_CASE("RFC 3261 8.1.1.7, 3581 3: the Via has our address, transport, a branch and rport") {
    StackFixture fixture;

    fixture.stack.start(fixture.transport.udp(), fixture.source, 1);
    const std::string udp = header_of(fixture.transport.take_one(), "Via");
    fixture.stack.start(fixture.transport.connect(), fixture.source, 2);
    const std::string tcp = header_of(fixture.transport.take_one(), "Via");

    CHECK(udp.starts_with("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK"));
    CHECK(udp.ends_with(";rport"));
    CHECK(tcp.starts_with("SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bK"));
    CHECK(udp.substr(udp.find("branch=")) != tcp.substr(tcp.find("branch=")));
}

TEST_CASE("a plain 2xx ends a NOTIFY without its message, others and a Contact bring it") {
    StackFixture fixture;
    const Flow flow = fixture.transport.udp();
    const struct {
        const char* status;
        const char* more;
        int code;
        bool has_message;
    } rows[] = {
        {"200 OK", "", 200, false},
        {"202 Accepted", "Server: x\r\n", 202, false},
        {"200 OK", "Contact: <sip:bob@192.0.2.99>\r\n", 200, true},
        {"481 Gone", "", 481, true},
        {"401 Unauthorized", "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n", 401, true},
        {"699 What", "", 699, true},
    };

    for (const auto& row : rows) {
        fixture.stack.start(flow, fixture.source, 5);
        const std::string request = fixture.transport.take_one();
        fixture.transport.receive(response_to(request, row.status, row.more), flow);

        REQUIRE(fixture.source.outcomes.size() == 1);
        CHECK(fixture.source.outcomes[0].how == How::response);
        CHECK(fixture.source.outcomes[0].status == row.code);
        CHECK(fixture.source.outcomes[0].has_message == row.has_message);
        CHECK(fixture.source.outcomes[0].flow == flow);
        fixture.source.outcomes.clear();
    }
    fixture.pass(40s);
    CHECK(fixture.transport.take().empty());
    CHECK(fixture.source.outcomes.empty());
}

TEST_CASE(
    "RFC 3903 4.2: the 2xx to any other request than a NOTIFY brings its message, Contact or not") {
    StackFixture fixture;
    fixture.source.method = "PUBLISH";
    fixture.stack.start(fixture.transport.udp(), fixture.source, 5);
    const std::string request = fixture.transport.take_one();

    fixture.transport.receive(response_to(request, "200 OK", "SIP-ETag: x\r\nExpires: 60\r\n"),
                              fixture.transport.udp());

    REQUIRE(fixture.source.outcomes.size() == 1);
    CHECK(fixture.source.outcomes[0].status == 200);
    CHECK(fixture.source.outcomes[0].has_message);
}

TEST_CASE("RFC 3261 17.1.3: late, guessed and mismatched answers are strays and change nothing") {
    StackFixture fixture;
    const Flow flow = fixture.transport.udp();
    fixture.stack.start(flow, fixture.source, 5);
    const std::string request = fixture.transport.take_one();
    const std::string good = response_to(request, "200 OK");
    const auto altered = [&good](std::string_view from, std::string_view to) {
        std::string text = good;
        return text.replace(text.find(from), from.size(), to);
    };

    fixture.transport.receive(altered("CSeq: 5 NOTIFY", "CSeq: 6 NOTIFY"), flow);
    fixture.transport.receive(altered("CSeq: 5 NOTIFY", "CSeq: 5 MESSAGE"), flow);
    fixture.transport.receive(altered(";branch=z9hG4bK0000.", ";branch=z9hG4bK0001."), flow);
    fixture.transport.receive(altered(".00000000.", ".00000001."), flow);
    fixture.transport.receive(altered(".00000000.", ".ffffffff."), flow);
    fixture.transport.receive(altered(";branch=z9hG4bK", ";branch=z9hG4bKx"), flow);
    std::string guessed = good;
    char& last_of_mac = guessed[guessed.find(";rport") - 1];
    last_of_mac = last_of_mac == '0' ? '1' : '0';
    fixture.transport.receive(guessed, flow);
    CHECK(fixture.source.outcomes.empty());
    CHECK(fixture.metric("herald_sip_stray_responses_total") == 7);

    fixture.transport.receive(good, flow);
    fixture.transport.receive(good, flow);
    CHECK(fixture.source.outcomes.size() == 1);
    CHECK(fixture.metric("herald_sip_stray_responses_total") == 8);
}

TEST_CASE("RFC 3261 8.1.3.3: an answer with more than one Via is dropped") {
    StackFixture fixture;
    const Flow flow = fixture.transport.udp();
    fixture.stack.start(flow, fixture.source, 5);
    const std::string request = fixture.transport.take_one();
    const std::string via = header_of(request, "Via");
    std::string comma = response_to(request, "200 OK");
    comma.insert(comma.find("\r\nFrom"), ", SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKx");

    fixture.transport.receive(
        response_to(request, "200 OK", "Via: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKx\r\n"), flow);
    fixture.transport.receive(comma, flow);

    CHECK(fixture.source.outcomes.empty());
    CHECK(fixture.metric("herald_sip_stray_responses_total") == 2);
}

TEST_CASE("RFC 3261 16.7: an answer to what was relayed carries the Vias of others as well") {
    StackFixture fixture;
    fixture.source.relays = true;
    const Flow flow = fixture.transport.udp();
    fixture.stack.start(flow, fixture.source, 5);
    const std::string request = fixture.transport.take_one();

    fixture.transport.receive(
        response_to(request, "200 OK", "Via: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKx\r\n"), flow);

    REQUIRE(fixture.source.outcomes.size() == 1);
    CHECK(fixture.source.outcomes[0].status == 200);
    CHECK(fixture.metric("herald_sip_stray_responses_total") == 0);
}

TEST_CASE("malformed answers are dropped and counted") {
    StackFixture fixture;

    fixture.transport.receive("SIP/2.0 9999 No\r\n\r\n", fixture.transport.udp());
    fixture.transport.receive("SIP/2.0 200 OK\r\nVia: nonsense\r\n\r\n", fixture.transport.udp());

    CHECK(fixture.metric("herald_sip_rejected_total", "malformed response") == 2);
    CHECK(fixture.transport.take().empty());
}

TEST_CASE("RFC 3261 17.1.4: what cannot be sent fails, and never from within start()") {
    StackFixture fixture;
    const Flow flow = fixture.transport.udp("192.0.2.66");
    fixture.transport.refuse(flow.peer);

    const auto id = fixture.stack.start(flow, fixture.source, 5);

    CHECK(id);
    CHECK(fixture.source.outcomes.empty());
    fixture.pass(2ms);
    REQUIRE(fixture.source.outcomes.size() == 1);
    CHECK(fixture.source.outcomes[0].how == How::transport_error);
    CHECK(fixture.source.outcomes[0].status == 503);
}

TEST_CASE("RFC 3261 18.4: ICMP fails what waits for that peer, and nothing else") {
    StackFixture fixture;
    for (std::uint16_t port = 5060; port < 5070; ++port) {
        fixture.stack.start(fixture.transport.udp("192.0.2.10", port), fixture.source, port);
    }
    fixture.stack.start(fixture.transport.udp("192.0.2.10", 5063), fixture.source, 1);
    fixture.stack.start(fixture.transport.connect("192.0.2.10", 5063), fixture.source, 2);

    fixture.transport.unreachable(endpoint("192.0.2.10", 5063));

    REQUIRE(fixture.source.outcomes.size() == 2);
    CHECK(fixture.source.outcomes[0].user + fixture.source.outcomes[1].user == 5064);
    CHECK(fixture.source.outcomes[0].how == How::transport_error);
    CHECK(fixture.stack.client_transactions() == 10);
}

TEST_CASE("RFC 3261 17.1.4: a closed stream fails what waits on it, and tells the handler") {
    StackFixture fixture;
    const Flow mine = fixture.transport.connect("192.0.2.10", 40000);
    const Flow other = fixture.transport.connect("192.0.2.10", 40001);
    fixture.stack.start(mine, fixture.source, 1);
    fixture.stack.start(other, fixture.source, 2);
    fixture.stack.start(mine, fixture.source, 3);

    fixture.transport.close(mine);

    REQUIRE(fixture.source.outcomes.size() == 2);
    CHECK(fixture.source.outcomes[0].user + fixture.source.outcomes[1].user == 4);
    REQUIRE(fixture.handler.closed.size() == 1);
    CHECK(fixture.handler.closed[0] == mine);
    CHECK(fixture.stack.client_transactions() == 1);
}

TEST_CASE("what hears of a failure may start and forget other requests") {
    StackFixture fixture;
    const Flow flow = fixture.transport.connect();
    const Flow other = fixture.transport.connect();
    const auto first = fixture.stack.start(flow, fixture.source, 1);
    const auto second = fixture.stack.start(flow, fixture.source, 2);
    fixture.source.then = [&](std::uint64_t user) {
        fixture.stack.forget(user == 1 ? second : first);
        fixture.stack.start(other, fixture.source, 10 + user);
    };

    fixture.transport.close(flow);

    CHECK(fixture.source.outcomes.size() == 1);
    CHECK(fixture.stack.client_transactions() == 1);
}

TEST_CASE("a forgotten request is not repeated, reports nothing, and its answer is a stray") {
    StackFixture fixture;
    const auto id = fixture.stack.start(fixture.transport.udp(), fixture.source, 1);
    const std::string request = fixture.transport.take_one();

    fixture.stack.forget(id);
    fixture.stack.forget(id);
    fixture.pass(40s);
    fixture.transport.receive(response_to(request, "200 OK"), fixture.transport.udp());

    CHECK(fixture.transport.take().empty());
    CHECK(fixture.source.outcomes.empty());
    CHECK(fixture.metric("herald_sip_stray_responses_total") == 1);
}

TEST_CASE("beyond the limit nothing is started") {
    StackFixture fixture({.max_client_transactions = 2});
    const Flow flow = fixture.transport.udp();

    CHECK(fixture.stack.start(flow, fixture.source, 1));
    CHECK(fixture.stack.start(flow, fixture.source, 2));
    CHECK_FALSE(fixture.stack.start(flow, fixture.source, 3));

    CHECK(fixture.transport.take().size() == 2);
}

TEST_CASE("thousands of requests are told apart, whatever the order of their answers") {
    StackFixture fixture;
    constexpr std::uint64_t kCount = 3000;
    for (std::uint64_t user = 1; user <= kCount; ++user) {
        const auto port = static_cast<std::uint16_t>(1000 + user % 700);
        fixture.stack.start(fixture.transport.udp("192.0.2.10", port), fixture.source, user);
    }
    auto sent = fixture.transport.take();
    REQUIRE(sent.size() == kCount);

    for (std::size_t i = 0; i < kCount; ++i) {
        const auto& one = sent[i * 1009 % kCount];
        fixture.transport.receive(response_to(one.bytes, "200 OK"), one.flow);
        CHECK(std::to_string(fixture.source.outcomes.back().user) + " NOTIFY" ==
              header_of(one.bytes, "CSeq"));
    }

    CHECK(fixture.source.outcomes.size() == kCount);
    CHECK(fixture.stack.client_transactions() == 0);
    CHECK(fixture.metric("herald_sip_stray_responses_total") == 0);
}

TEST_CASE("RFC 3261 18.1.1: requests over 1300 bytes on UDP are counted") {
    StackFixture fixture;
    struct Sized final : RequestSource {
        void write_request(std::uint64_t size, std::string_view via, std::string& out) override {
            out += "NOTIFY sip:b@192.0.2.10 SIP/2.0\r\n";
            out += via;
            out += "CSeq: 1 NOTIFY\r\n\r\n";
            out.resize(size, 'x');
        }
        void on_outcome(std::uint64_t, const ClientOutcome&) override {}
    } source;

    fixture.stack.start(fixture.transport.udp(), source, 1300);
    CHECK(fixture.metric("herald_sip_udp_oversize_total") == 0);
    fixture.stack.start(fixture.transport.connect(), source, 1301);
    fixture.stack.start(fixture.transport.udp(), source, 1301);

    CHECK(fixture.metric("herald_sip_udp_oversize_total") == 1);
}

TEST_CASE("an answer for another shard is passed on, if there is such a shard") {
    struct Router final : ShardRouter {
        unsigned shard_of(const Message&) const override { return 0; }
        void forward(unsigned shard, std::span<const char> bytes, const Flow&, Framing) override {
            shards.push_back(shard);
            last.assign(bytes.begin(), bytes.end());
        }
        std::vector<unsigned> shards;
        std::string last;
    } router;
    StackFixture fixture({.shards = 4}, &router);
    const auto answer = [](const char* branch, const char* status) {
        return "SIP/2.0 " + std::string(status) +
               "\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=" + branch +
               "\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: c\r\n"
               "CSeq: 1 NOTIFY\r\nContent-Length: 0\r\n\r\n";
    };
    const std::string to_three = answer("z9hG4bK0003.00000000.00000001.0000000000000000", "200 OK");

    fixture.transport.receive(to_three, fixture.transport.udp());
    fixture.transport.receive(answer("z9hG4bK0002.00000000.00000001.0000000000000000", "481 No"),
                              fixture.transport.udp());
    fixture.transport.receive(answer("z9hG4bK0004.00000000.00000001.0000000000000000", "200 OK"),
                              fixture.transport.udp());

    CHECK(router.shards == std::vector<unsigned>{3, 2});
    CHECK(fixture.metric("herald_sip_stray_responses_total") == 1);
}

TEST_CASE("RFC 3261 17.1.2: a named request that another run sends again is a retransmission") {
    const sip::StackOptions options{.lasting_key = {1, 2}};
    StackFixture before(options), after(options);
    const Flow flow = before.transport.udp();
    before.stack.start(flow, before.source, 7, 0x0123456789abcdef);
    const auto first = before.transport.take_one();
    after.stack.start(flow, after.source, 7, 0x0123456789abcdef);
    CHECK(after.transport.take_one() == first);

    // While it is under way nothing else has its name.
    after.stack.start(flow, after.source, 7, 0x0123456789abcdef);
    CHECK(after.transport.take_one() != first);
    const auto other = after.stack.start(flow, after.source, 7, 0x0123456789abcd00);
    CHECK(after.transport.take_one() != first);
    after.stack.forget(other);

    // What was answered before the end of the first run is an answer in the second.
    after.transport.receive(response_to(first, "200 OK"), flow);
    REQUIRE(after.source.outcomes.size() == 1);
    CHECK(after.source.outcomes[0].user == 7);
    CHECK(after.source.outcomes[0].status == 200);
    after.transport.receive(response_to(first, "200 OK"), flow);
    CHECK(after.source.outcomes.size() == 1);

    after.stack.start(flow, after.source, 7, 0x0123456789abcdef);
    CHECK(after.transport.take_one() == first);
    after.pass(40s);
    CHECK(after.source.outcomes.size() == 3);
}

}  // namespace herald::sip::client_transactions_test
