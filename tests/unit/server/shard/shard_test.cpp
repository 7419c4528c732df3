// tests/unit/server/shard/shard_test.cpp: what the shards of a process tell each other.
#include "server/shard/shard.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/server/slow_shard.h"

namespace herald::server::shard_test {
namespace {

/// Counts the streams that ended.
struct Told final : sip::RequestHandler {
    int closed = 0;
    void on_request(sip::ServerTransactionId, const sip::Message&, const sip::Flow&) override {}
    void on_flow_closed(const sip::Flow&) override { ++closed; }
    void on_sign_of_life(const sip::Flow&) override {}
};

/// Shard 0 of two; of the other there is only the stack.
struct Pair {
    base::ManualClock clock;
    base::Metrics metrics;
    base::Loop own{clock}, others{clock};
    test::FakeTransport transport{clock};
    Config config = parse_config("").config;
    Limits limits{config};
    Domains domains{{"localhost"}, {}};
    std::atomic<std::uint64_t> ids{1};
    testing::SlowStore store;
    Told told;
    sip::Stack other{others, transport, told, metrics, {.shard = 1, .shards = 2}, nullptr};
    Peers peers{store.home().bucket_key, 2};
    Shard shard{
        own, transport, metrics, {config, domains, store, ids, limits, 0, 2, &peers}, nullptr};

    Pair() {
        peers.join(1, others);
        peers.offer(1, other);
    }
    int told_of(sip::Protocol protocol, std::uint16_t owner) {
        sip::Flow flow;
        flow.protocol = protocol;
        flow.shard = owner;
        const int before = told.closed;
        shard.stack().on_flow_closed(flow);
        for (int i = 0; i < 3; ++i) others.turn(base::Duration::zero());
        return told.closed - before;
    }
};

}  // namespace

TEST_CASE("that a stream ended is told once, by the shard whose it was") {
    Pair pair;
    CHECK(pair.told_of(sip::Protocol::tcp, 0) == 1);
    CHECK(pair.told_of(sip::Protocol::tcp, 1) == 0);
    CHECK(pair.told_of(sip::Protocol::udp, 0) == 0);
}

TEST_CASE("RFC 3261 8.2.2.3: an extension is refused however long its name, and not told whole") {
    testing::SlowShard server;
    for (const std::string& tag : {std::string("foo"), std::string(5000, 'x')}) {
        server.receive(
            "SUBSCRIBE sip:alice@localhost SIP/2.0\n"
            "Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK" +
            std::to_string(tag.size()) +
            "\nFrom: <sip:bob@localhost>;tag=b\nTo: <sip:alice@localhost>\nCall-ID: c" +
            std::to_string(tag.size()) +
            "\nCSeq: 1 SUBSCRIBE\nContact: <sip:bob@192.0.2.10>\nEvent: presence\nRequire: " + tag +
            "\nContent-Length: 0\n\n");
        REQUIRE(server.sent() == std::vector<std::string>{"SIP/2.0 420 Bad Extension"});
        CHECK(server.message(0).find("Unsupported: " + tag.substr(0, 200) + "\r\n") !=
              std::string::npos);
    }
}

}  // namespace herald::server::shard_test
