// tests/unit/sip/stream_table_test.cpp: streams by their flows and by their peers.
#include "sip/stream_table.h"

#include <doctest/doctest.h>

namespace herald::sip::stream_table_test {
namespace {

constexpr unsigned kShard = 3;

Stream to(const Endpoint& peer) {
    return {.peer = peer, .channel = Channel({}, {})};
}

}  // namespace

TEST_CASE("a stream is found by its flow until it is removed, and never after") {
    base::Metrics metrics;
    StreamTable table(kShard, metrics);
    const auto id = table.add(to(*Endpoint::from("192.0.2.1", 5060)));
    const Flow flow = table.flow_of(id.slot);

    CHECK(flow.shard == kShard);
    CHECK(table.find(flow) == &table[id.slot]);
    CHECK(table.open().holds(flow.slot, flow.generation));
    Flow elsewhere = flow;
    elsewhere.shard = kShard + 1;
    CHECK(table.find(elsewhere) == nullptr);

    table.remove(id.slot);
    const auto next = table.add(to(*Endpoint::from("192.0.2.2", 5060)));
    REQUIRE(next.slot == id.slot);
    CHECK(table.find(flow) == nullptr);
    CHECK_FALSE(table.open().holds(flow.slot, flow.generation));
}

TEST_CASE("RFC 5923 8.1: a stream is the way to its peer while it carries messages") {
    base::Metrics metrics;
    StreamTable table(kShard, metrics);
    const auto peer = *Endpoint::from("192.0.2.1", 5060);
    const auto slot = table.add(to(peer)).slot;
    const auto found = [&](const Endpoint& endpoint, Protocol protocol) {
        return table.find_to(endpoint, protocol, "example.com");
    };

    CHECK(found(peer, Protocol::tcp) == slot);
    CHECK(found(peer, Protocol::tls) == StreamTable::kNone);
    CHECK(found(*Endpoint::from("192.0.2.1", 5061), Protocol::tcp) == StreamTable::kNone);
    table[slot].is_failed = true;
    CHECK(found(peer, Protocol::tcp) == StreamTable::kNone);
    table[slot].is_failed = false;
    table[slot].state = Stream::State::draining;
    CHECK(found(peer, Protocol::tcp) == StreamTable::kNone);
}

TEST_CASE("a stream that is hidden is in the table, and open to nobody") {
    base::Metrics metrics;
    StreamTable table(kShard, metrics);
    const auto id = table.add(to(*Endpoint::from("192.0.2.1", 5060)));

    table.hide(id.slot);

    CHECK(table.find(id) != nullptr);
    CHECK_FALSE(table.open().holds(id.slot, id.generation));
}

}  // namespace herald::sip::stream_table_test
