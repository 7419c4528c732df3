// tests/unit/sip/path_test.cpp: which flows a request is tried by, in order; and what goes by a
// stream for its size.
#include "sip/path.h"

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/dns_server.h"
#include "tests/unit/sip/stack_fixture.h"

namespace herald::sip::path_test {
namespace {

using Texts = std::vector<std::string>;
using Manner = support::DnsServer::Manner;

struct Fixture : test::StackFixture {
    support::DnsServer dns{loop};
    std::optional<Locator> locator;

    Fixture() {
        LocatorOptions options;
        options.servers = dns.address();
        options.use_ipv6 = false;
        options.timeout = std::chrono::hours(1);
        options.tries = 1;
        locator.emplace(loop, options);
    }

    Path path(std::vector<Leg> legs) { return {{loop, transport, *locator}, std::move(legs)}; }

    /// Takes the next way, waiting where names are looked up.
    bool advance(Path& path) {
        std::optional<Path::Step> step;
        const auto first = path.next([&step](Path::Step found) { step = found; });
        if (first != Path::Step::looking) return first == Path::Step::ready;
        CHECK_FALSE(step);
        for (int turns = 0; turns < 2000 && !step; ++turns) {
            if (!loop.turn(std::chrono::milliseconds(5)))
                clock.advance(std::chrono::milliseconds(5));
        }
        REQUIRE(step);
        return *step == Path::Step::ready;
    }

    /// Every way there is, as if each failed.
    Texts ways(Path path) {
        Texts texts;
        while (advance(path)) {
            const Flow& flow = path.flow();
            const bool is_known = !is_reliable(flow.protocol) && flow.listener == 7;
            texts.push_back(std::string(uri_name(flow.protocol)) + ' ' + flow.peer.to_string() +
                            (is_known ? " (flow)" : ""));
        }
        return texts;
    }
};

/// A UDP flow that is known by its listener.
Flow known(const char* host, std::uint16_t port = 5060) {
    return {.peer = test::endpoint(host, port), .listener = 7};
}

Leg leg(const Flow& flow) {
    return {flow, {}};
}
Leg leg(const char* uri) {
    return {std::nullopt, uri};
}

}  // namespace

TEST_CASE("RFC 3263 4.3: the ways of a request, in order, each once") {
    Fixture fixture;
    auto& dns = fixture.dns;
    dns.add_a("one.example.com", "192.0.2.21");
    dns.add_a("one.example.com", "192.0.2.22");
    dns.add_a("one.example.com", "192.0.2.23");
    struct Row {
        const char* what;
        std::vector<Leg> legs;
        Texts ways;
    };
    const Row rows[] = {
        {"nothing", {}, {}},
        {"a flow, then the Contact",
         {leg(known("192.0.2.10", 40000)), leg("sip:x@192.0.2.10")},
         {"udp 192.0.2.10:40000 (flow)", "udp 192.0.2.10:5060"}},
        {"the Contact is where the flow comes from",
         {leg("sip:x@192.0.2.10"), leg(known("192.0.2.10"))},
         {"udp 192.0.2.10:5060 (flow)"}},
        {"all addresses of a name, then the flow",
         {leg("sip:x@one.example.com:5060"), leg(known("192.0.2.10"))},
         {"udp 192.0.2.21:5060", "udp 192.0.2.22:5060", "udp 192.0.2.23:5060",
          "udp 192.0.2.10:5060 (flow)"}},
        {"the flow comes from one of the addresses",
         {leg("sip:x@one.example.com:5060"), leg(known("192.0.2.22"))},
         {"udp 192.0.2.22:5060 (flow)", "udp 192.0.2.21:5060", "udp 192.0.2.23:5060"}},
        {"... from another port",
         {leg("sip:x@one.example.com:5060"), leg(known("192.0.2.22", 40000))},
         {"udp 192.0.2.21:5060", "udp 192.0.2.22:5060", "udp 192.0.2.23:5060",
          "udp 192.0.2.22:40000 (flow)"}},
        {"a name that does not exist", {leg("sip:x@nobody.example.com:5060")}, {}},
        {"no URI", {leg("nothing"), leg(known("192.0.2.10"))}, {"udp 192.0.2.10:5060 (flow)"}},
        {"what TLS alone reaches is never sent to in clear", {leg("sips:x@192.0.2.10")}, {}},
        {"ourselves", {leg("sip:x@192.0.2.1"), leg("sip:x@192.0.2.1;transport=tcp")}, {}},
        {"a stream",
         {leg("sip:x@192.0.2.10;transport=tcp"), leg("sip:x@192.0.2.11")},
         {"tcp 192.0.2.10:5060", "udp 192.0.2.11:5060"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(fixture.ways(fixture.path(row.legs)) == row.ways);
    }
}

TEST_CASE("RFC 3261 18.2.2: a device hears from the address it asked, wherever it listens") {
    Fixture fixture;
    auto asked = known("192.0.2.10", 40000);
    asked.listener = 0;
    asked.leave_from(test::endpoint("192.0.2.1", 0));
    auto path = fixture.path({leg("sip:x@192.0.2.11"), leg(asked)});
    REQUIRE(fixture.advance(path));
    CHECK(path.flow().peer == test::endpoint("192.0.2.11", 5060));
    CHECK(path.flow().local() == asked.local());
    REQUIRE(fixture.advance(path));
    CHECK(path.flow() == asked);

    // Another listener has other addresses, and nobody asked a server that is found by its name.
    asked.listener = 1;
    auto other = fixture.path({leg("sip:x@192.0.2.11"), leg(asked)});
    REQUIRE(fixture.advance(other));
    CHECK_FALSE(other.flow().local().is_valid());
}

TEST_CASE("where a peer may not lead is passed over, after DNS too") {
    Fixture fixture;
    auto& dns = fixture.dns;
    dns.add_a("inside.example.com", "127.0.0.1");
    dns.add_a("inside.example.com", "192.0.2.21");
    const Endpoint stranger = test::endpoint("192.0.2.9", 5060);
    const Endpoint neighbour = test::endpoint("127.0.0.9", 5060);
    const auto ways = [&](const char* uri, const Endpoint& named_by) {
        return fixture.ways(fixture.path({{std::nullopt, uri, named_by}}));
    };

    CHECK(ways("sip:x@127.0.0.1:6379", stranger).empty());
    CHECK(ways("sip:x@224.0.0.1:5060", stranger).empty());
    CHECK(ways("sip:inside.example.com:5060", stranger) == Texts{"udp 192.0.2.21:5060"});

    CHECK(ways("sip:x@127.0.0.1:6379", neighbour) == Texts{"udp 127.0.0.1:6379"});
    CHECK(ways("sip:x@127.0.0.1:6379", {}) == Texts{"udp 127.0.0.1:6379"});
    // A flow of our own is no claim of the peer's.
    CHECK(fixture.ways(fixture.path({leg(known("127.0.0.1", 6379))})) ==
          Texts{"udp 127.0.0.1:6379 (flow)"});
}

TEST_CASE("more ways may be added when all before have failed") {
    Fixture fixture;
    auto path = fixture.path({leg("sip:x@192.0.2.10")});
    REQUIRE(fixture.advance(path));
    REQUIRE_FALSE(fixture.advance(path));

    path.add({leg("sip:x@192.0.2.10"), leg("sip:x@192.0.2.11")});

    CHECK(fixture.ways(std::move(path)) == Texts{"udp 192.0.2.11:5060"});
}

TEST_CASE("RFC 3263 4.3: what cannot be opened is passed over") {
    Fixture fixture;
    fixture.dns.add_a("one.example.com", "192.0.2.21");
    fixture.dns.add_a("one.example.com", "192.0.2.22");
    fixture.transport.refuse(test::endpoint("192.0.2.21", 5060));

    CHECK(fixture.ways(fixture.path({leg("sip:x@one.example.com:5060")})) ==
          Texts{"udp 192.0.2.22:5060"});
}

TEST_CASE("RFC 5626 5.3: a stream that is gone is no way, but may be opened anew") {
    Fixture fixture;
    const auto stream = fixture.transport.connect("192.0.2.10", 5060);

    auto open = fixture.path({leg(stream), leg("sip:x@192.0.2.10;transport=tcp")});
    REQUIRE(fixture.advance(open));
    CHECK(open.flow() == stream);
    CHECK_FALSE(open.is_named());
    fixture.transport.close(stream);
    REQUIRE(fixture.advance(open));
    CHECK(open.flow() != stream);
    CHECK(open.is_named());
    CHECK(open.flow().peer == stream.peer);
    CHECK_FALSE(fixture.advance(open));

    CHECK(fixture.ways(fixture.path({leg(stream)})).empty());
}

TEST_CASE("a name is waited for two seconds where there is another way") {
    Fixture fixture;
    fixture.dns.set_manner(Manner::is_silent);
    const auto start = fixture.clock.now();

    CHECK(
        fixture.ways(fixture.path({leg("sip:x@one.example.com:5060"), leg(known("192.0.2.10"))})) ==
        Texts{"udp 192.0.2.10:5060 (flow)"});
    const auto waited = fixture.clock.now() - start;
    CHECK(waited >= std::chrono::seconds(2));
    CHECK(waited < std::chrono::seconds(3));
}

TEST_CASE("a Path that is gone calls nobody back") {
    Fixture fixture;
    fixture.dns.add_a("one.example.com", "192.0.2.21");
    bool was_called = false;
    {
        auto path = fixture.path({leg("sip:x@one.example.com:5060"), leg(known("192.0.2.10"))});
        REQUIRE(path.next([&](Path::Step) { was_called = true; }) == Path::Step::looking);
        CHECK(path.has_more());
    }
    {
        auto path = fixture.path({leg("sip:x@one.example.com:5060")});
        REQUIRE(path.next([&](Path::Step) { was_called = true; }) == Path::Step::looking);
        path = {};
    }
    for (int i = 0; i < 20; ++i) fixture.loop.turn(std::chrono::milliseconds(5));
    fixture.pass(std::chrono::seconds(3));
    CHECK_FALSE(was_called);
}

TEST_CASE("RFC 3263 4.3: which outcomes lead to the next way") {
    using How = ClientOutcome::How;
    const auto is_due = [](How how, int status) {
        return is_next_way_due({.how = how, .status = status, .message = nullptr, .flow = {}});
    };
    CHECK(is_due(How::timeout, 408));
    CHECK(is_due(How::transport_error, 503));
    CHECK(is_due(How::response, 503));
    for (const int status : {200, 301, 401, 408, 430, 481, 500, 504, 600})
        CHECK_FALSE(is_due(How::response, status));
}

TEST_CASE("RFC 3261 18.1.1: what is over 1300 bytes goes by a stream to the very same place") {
    Fixture fixture;
    LargeRequests large(fixture.loop, fixture.transport);
    const auto flow = known("192.0.2.10");
    const auto carrier = [&](std::size_t size, std::string_view uri) {
        return large.carrier(flow, size, uri);
    };

    CHECK(carrier(1300, "sip:x@192.0.2.10") == flow);
    CHECK(carrier(1301, "sip:x@192.0.2.10:5061") == flow);
    CHECK(carrier(1301, "sip:x@phone.example.com") == flow);
    CHECK(carrier(1301, "nothing") == flow);
    const auto stream = carrier(1301, "sip:x@192.0.2.10");
    CHECK(stream.protocol == Protocol::tcp);
    CHECK(stream.peer == flow.peer);
    CHECK(large.carrier(stream, 1301, "sip:x@192.0.2.10") == stream);
    CHECK(large.carrier(known("192.0.2.11"), 1301).protocol == Protocol::tcp);
    CHECK(large.carrier(known("192.0.2.11"), 1300).protocol == Protocol::udp);
}

TEST_CASE("RFC 3261 18.1.1: who takes no stream is not asked for ten minutes") {
    Fixture fixture;
    LargeRequests large(fixture.loop, fixture.transport);
    const auto flow = known("192.0.2.10");
    const auto protocol = [&](const Flow& on, std::string_view uri) {
        return large.carrier(on, 2000, uri).protocol;
    };

    large.on_refused(large.carrier(flow, 2000, "sip:x@192.0.2.10"));
    CHECK(protocol(flow, "sip:x@192.0.2.10") == Protocol::udp);
    CHECK(protocol(known("192.0.2.11"), "sip:x@192.0.2.11") == Protocol::tcp);
    fixture.pass(std::chrono::minutes(10));
    CHECK(protocol(flow, "sip:x@192.0.2.10") == Protocol::tcp);
}

}  // namespace herald::sip::path_test
