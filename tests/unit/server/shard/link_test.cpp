// tests/unit/server/shard/link_test.cpp: which shard a message belongs to.
#include "server/shard/link.h"

#include <doctest/doctest.h>

#include "server/core/bucket.h"
#include "tests/unit/server/sample.h"
#include "tests/unit/sip/network_fixture.h"

namespace herald::server::link_test {
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

/// Links of `shards` shards; nothing is sent.
struct Bench {
    explicit Bench(unsigned shards) {
        home.bucket_key = kKey;
        for (unsigned i = 0; i < shards; ++i)
            links.shards.push_back(std::make_unique<Links::End>());
    }
    unsigned shard_of(std::string_view uri, std::string_view to_tag = {}) {
        auto bytes = request_text(uri, to_tag);
        const auto parsed = sip::parse({bytes.data(), bytes.size()}, sip::Framing::datagram);
        REQUIRE(parsed.error == sip::ParseOutcome::Error::none);
        Link link(0, links, domains, home, metrics);
        link.resolve_with(aliases);
        return link.shard_of(parsed.message);
    }

    base::Metrics metrics;
    Domains domains{{"example.com"}, {}};
    Aliases aliases;
    store::Home home;
    Links links;
};

}  // namespace

TEST_CASE("a request outside a dialog goes where its Request-URI's resource lives") {
    Bench bench(4);
    const auto home = shard_of_aor(bench.home.bucket_key, "sip:alice@example.com", 4);
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
    auto& own = *bench.links.shards[0];
    own.network = &network;
    const Link link(0, bench.links, bench.domains, bench.home, bench.metrics);

    for (const auto& row :
         {std::pair{8191, sip::Load::normal}, std::pair{8192, sip::Load::high},
          std::pair{12287, sip::Load::high}, std::pair{12288, sip::Load::extreme}}) {
        CAPTURE(row.first);
        own.waiting = static_cast<std::size_t>(row.first);
        CHECK(link.load() == row.second);
    }
    own.waiting = 0;
    bench.links.shards[1]->waiting = 16384;
    CHECK(link.load() == sip::Load::normal);
}

TEST_CASE("a stream of another shard is open for as long as its owner has it") {
    test::NetworkFixture owner({.shard = 1});
    const auto address = owner.listen(sip::Protocol::tcp);
    Bench bench(2);
    bench.links.shards[1]->network = &owner.network;
    const Link link(0, bench.links, bench.domains, bench.home, bench.metrics);
    test::Peer peer(sip::Protocol::tcp, address.bound);
    peer.send("OPTIONS sip:example.com SIP/2.0\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(owner.until([&] { return !owner.sink.arrivals.empty(); }));
    const auto flow = owner.sink.arrivals[0].flow;

    CHECK(link.is_open(flow));
    peer.close();
    REQUIRE(owner.until([&] { return !owner.sink.closed.empty(); }));
    CHECK_FALSE(link.is_open(flow));
}

}  // namespace herald::server::link_test
