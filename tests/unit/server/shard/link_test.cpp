// tests/unit/server/shard/link_test.cpp: which shard a message belongs to.
#include "server/shard/link.h"

#include <set>

#include <doctest/doctest.h>

#include "server/core/context.h"
#include "sip/stack.h"
#include "tests/support/fake_transport.h"
#include "tests/unit/server/sample.h"

namespace herald::server {
namespace {

constexpr base::HashKey kKey{1, 2};

std::string request_text(std::string_view uri, std::string_view to_tag) {
    std::string text = "SUBSCRIBE ";
    text.append(uri).append(
        " SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\n"
        "From: <sip:b@example.com>;tag=b\nTo: <sip:a@example.com>");
    if (!to_tag.empty()) text.append(";tag=").append(to_tag);
    return test::wire(text + "\nCall-ID: c\nCSeq: 1 SUBSCRIBE\n\n");
}

/// Counts the streams that ended.
struct Told final : sip::RequestHandler {
    int closed = 0;
    void on_request(sip::ServerTransactionId, const sip::Message&, const sip::Flow&) override {}
    void on_flow_closed(const sip::Flow&) override { ++closed; }
    void on_sign_of_life(const sip::Flow&) override {}
};

/// Links of `shards` shards; nothing is sent.
struct Bench {
    explicit Bench(unsigned shards) {
        home.bucket_key = kKey;
        for (unsigned i = 0; i < shards; ++i)
            peers.shards.push_back(std::make_unique<Peers::Peer>());
    }
    unsigned shard_of(std::string_view uri, std::string_view to_tag = {}) {
        auto bytes = request_text(uri, to_tag);
        const auto parsed = sip::parse({bytes.data(), bytes.size()}, sip::Framing::datagram);
        REQUIRE(parsed.error == sip::ParseOutcome::Error::none);
        Link link(0, peers, domains, home, metrics);
        link.resolve_with(aliases);
        return link.shard_of(parsed.message);
    }

    base::Metrics metrics;
    base::ManualClock wire_clock;
    test::FakeTransport transport{wire_clock};
    Domains domains{{"example.com"}, {}};
    Aliases aliases;
    store::Home home;
    Peers peers;
};

}  // namespace

TEST_CASE("a bucket written in a tag is read back, whatever the bucket") {
    for (std::uint32_t bucket = 0; bucket < kBuckets; ++bucket) {
        CAPTURE(bucket);
        CHECK(bucket_of_tag(new_local_tag(bucket)) == bucket);
    }
}

TEST_CASE("RFC 3261 19.3: tags differ") {
    std::set<std::string> tags;
    for (int i = 0; i < 1000; ++i) tags.insert(new_local_tag(5));
    CHECK(tags.size() == 1000);
}

TEST_CASE("tags of others hold no bucket") {
    for (const auto* tag :
         {"", "a", "as5a3b2", "aaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "A8aaaaaaaaaaaaa"}) {
        CAPTURE(tag);
        CHECK_FALSE(bucket_of_tag(tag).has_value());
    }
}

TEST_CASE("a resource has one bucket for ever, and buckets are spread evenly") {
    CHECK(bucket_of(kKey, "sip:a@example.com") == bucket_of(kKey, "sip:a@example.com"));
    std::array<int, 8> shards{};
    store::Home home;
    home.bucket_key = kKey;
    for (int i = 0; i < 8000; ++i) {
        ++shards[shard_of_aor(home, "sip:" + std::to_string(i) + "@example.com", shards.size())];
    }
    for (const int share : shards) CHECK(share > 800);
}

TEST_CASE("a request outside a dialog goes where its Request-URI's resource lives") {
    Bench bench(4);
    const auto home = shard_of_aor(bench.home, "sip:alice@example.com", 4);
    CHECK(bench.shard_of("sip:alice@example.com") == home);
    CHECK(bench.shard_of("sips:alice@EXAMPLE.com:5060;transport=tcp") == home);
    CHECK(bench.shard_of("pres:alice@example.com") == home);
}

TEST_CASE("a request for an alias goes where its resource lives") {
    Bench bench(16);
    const auto alice = bench.shard_of("sip:alice@example.com");
    for (int i = 0; i < 20; ++i) {
        const auto alias = "sip:" + std::to_string(100 + i) + "@example.com";
        bench.aliases.put({alias, "sip:alice@example.com"});
        CHECK(bench.shard_of(alias) == alice);
        CHECK(bench.shard_of(alias + ";user=phone") == alice);
    }
}

TEST_CASE("a request within a dialog goes where its To tag says") {
    Bench bench(4);
    for (std::uint32_t bucket = 0; bucket < 8; ++bucket) {
        CHECK(bench.shard_of("sip:herald@192.0.2.1", new_local_tag(bucket)) == bucket % 4);
    }
}

TEST_CASE("that a stream ended is told once, by the shard whose it was") {
    Bench bench(2);
    base::ManualClock clock;
    base::Loop own(clock), other(clock);
    bench.peers.shards[0]->loop = &own;
    bench.peers.shards[1]->loop = &other;
    const auto is_told = [&](unsigned owner) {
        sip::Flow flow;
        flow.protocol = sip::Protocol::tcp;
        flow.shard = static_cast<std::uint16_t>(owner);
        Told told;
        sip::StackOptions options;
        sip::Stack stack(other, bench.transport, told, bench.metrics, options, nullptr);
        bench.peers.shards[1]->stack = &stack;
        Link(0, bench.peers, bench.domains, bench.home, bench.metrics).tell_flow_closed(flow);
        for (int i = 0; i < 3; ++i) other.turn(base::Duration::zero());
        return told.closed;
    };
    CHECK(is_told(0) == 1);
    CHECK(is_told(1) == 0);
}

TEST_CASE("what belongs nowhere stays where it came in, and one shard has everything") {
    Bench bench(4);
    CHECK(bench.shard_of("tel:+491234") == 0);
    Bench alone(1);
    CHECK(alone.shard_of("sip:alice@example.com") == 0);
    CHECK(alone.shard_of("sip:alice@example.com", new_local_tag(1023)) == 0);
}

TEST_CASE("RFC 3261 21.5.4: what other shards hand on is load where it piles up") {
    Bench bench(2);
    const base::ManualClock clock;
    base::Loop loop(clock);
    sip::Network network(loop, bench.metrics, {});
    auto& own = *bench.peers.shards[0];
    own.network = &network;
    const Link link(0, bench.peers, bench.domains, bench.home, bench.metrics);

    for (const auto& row :
         {std::pair{8191, sip::Load::normal}, std::pair{8192, sip::Load::high},
          std::pair{12287, sip::Load::high}, std::pair{12288, sip::Load::extreme}}) {
        CAPTURE(row.first);
        own.waiting = static_cast<std::size_t>(row.first);
        CHECK(link.load() == row.second);
    }
    own.waiting = 0;
    bench.peers.shards[1]->waiting = 16384;
    CHECK(link.load() == sip::Load::normal);
}

}  // namespace herald::server
