// tests/unit/sip/network_test.cpp: listeners: taken ports, what peers are told, and which one a
// message leaves by.
#include "sip/network.h"

#include <string>

#include <sys/socket.h>

#include <doctest/doctest.h>

#include "sip/stack.h"
#include "tests/unit/sip/network_fixture.h"

namespace herald::sip::network_test {

using namespace herald::test;

namespace {

Endpoint at(std::string_view host, std::uint16_t port = 0) {
    return *Endpoint::from(host, port);
}

}  // namespace

TEST_CASE("a taken port is refused in a sentence that names it, UDP and TCP") {
    for (const Protocol protocol : {Protocol::udp, Protocol::tcp}) {
        NetworkFixture first;
        const ListenerAddress taken = first.listen(protocol);
        NetworkFixture second;

        const auto refused = second.network.listen(protocol, taken.bound, {}, true);

        REQUIRE_FALSE(refused);
        CHECK(refused.fault().kind == FaultKind::io);
        CHECK(refused.fault().detail == std::string(uri_name(protocol)) + " " +
                                            taken.bound.to_string() +
                                            " is taken by another process");
        CHECK(second.network.listeners().empty());
    }
}

TEST_CASE("a server that shares its port with its shards is found all the same when probed") {
    for (const Protocol protocol : {Protocol::udp, Protocol::tcp}) {
        NetworkFixture first({.reuse_port = true});
        const ListenerAddress taken = first.listen(protocol);
        NetworkFixture shard({.shard = 1, .reuse_port = true});
        NetworkFixture stranger({.reuse_port = true});

        CHECK(shard.network.listen(protocol, taken.bound, {}, false));
        CHECK_FALSE(stranger.network.listen(protocol, taken.bound, {}, true));
    }
}

TEST_CASE("an address that is not ours is refused with the reason") {
    NetworkFixture fixture;

    const auto refused = fixture.network.listen(Protocol::udp, at("192.0.2.1", 5060), {}, true);

    REQUIRE_FALSE(refused);
    CHECK(refused.fault().detail == "udp 192.0.2.1:5060 is no address of this machine");
}

TEST_CASE("UDP, TCP, IPv4 and IPv6 share one port number") {
    // A port free for UDP may be somebody else's for TCP: then another is tried.
    bool all_listen = false;
    for (int attempt = 0; attempt < 20 && !all_listen; ++attempt) {
        NetworkFixture fixture;
        const std::uint16_t port = fixture.listen(Protocol::udp).bound.port();
        REQUIRE(port != 0);
        const auto listens = [&](Protocol protocol, std::string_view host) {
            const auto address =
                fixture.network.listen(protocol, *Endpoint::from(host, port), {}, true);
            return address && address->bound.port() == port;
        };

        all_listen = listens(Protocol::tcp, "127.0.0.1") && listens(Protocol::udp, "::");
        if (all_listen) CHECK(fixture.network.listeners().size() == 3);
    }
    CHECK(all_listen);
}

TEST_CASE("what peers are told: the bound address, or what is advertised") {
    NetworkFixture fixture;
    const auto told = [&](std::string_view host, std::string_view advertised) {
        const ListenerAddress address = fixture.listen(Protocol::udp, host, 0, advertised);
        const bool is_bound_port = address.port == address.bound.port();
        return address.host + ":" + (is_bound_port ? "bound" : std::to_string(address.port));
    };

    CHECK(told("127.0.0.1", "") == "127.0.0.1:bound");
    CHECK(told("::1", "") == "[::1]:bound");
    CHECK(told("127.0.0.1", "pres.example.com") == "pres.example.com:bound");
    CHECK(told("127.0.0.1", "pres.example.com:5070") == "pres.example.com:5070");
    CHECK(told("127.0.0.1", "192.0.2.1:5070") == "192.0.2.1:5070");
    CHECK(told("::1", "2001:db8::1") == "[2001:db8::1]:bound");
    CHECK(told("::1", "[2001:db8::1]") == "[2001:db8::1]:bound");
    CHECK(told("::1", "[2001:db8::1]:5070") == "[2001:db8::1]:5070");
    CHECK(fixture.listen(Protocol::udp, "0.0.0.0").host != "0.0.0.0");
    for (const char* bad : {"host:0", "host:65536", "host:port", "host:"}) {
        const auto refused = fixture.network.listen(Protocol::udp, at("127.0.0.1"), bad, false);
        REQUIRE_FALSE(refused);
        CHECK(refused.fault().kind == FaultKind::invalid_configuration);
    }
}

TEST_CASE("a flow leaves by the listener of its protocol, family and reach") {
    NetworkFixture fixture;
    const Endpoint any = fixture.listen(Protocol::udp, "0.0.0.0").bound;
    const Endpoint loopback = fixture.listen(Protocol::udp, "127.0.0.1").bound;
    const Endpoint six = fixture.listen(Protocol::udp, "::1").bound;
    const auto bound_for = [&](Protocol protocol, const char* host) {
        const auto flow = fixture.network.open(protocol, at(host, 5060));
        return flow ? fixture.network.listener(*flow).bound : Endpoint();
    };

    CHECK(bound_for(Protocol::udp, "127.0.0.9") == loopback);
    CHECK(bound_for(Protocol::udp, "192.0.2.9") == any);
    CHECK(bound_for(Protocol::udp, "::1") == six);
    const auto none = fixture.network.open(Protocol::tcp, at("127.0.0.1", 5060));
    REQUIRE_FALSE(none);
    CHECK(none.fault().kind == FaultKind::unreachable);
    CHECK(none.fault().detail == "no tcp listener for 127.0.0.1:5060");
}

TEST_CASE("flows of listeners or connections that are not here cannot be sent on") {
    NetworkFixture fixture;
    fixture.listen(Protocol::tcp);
    const Flow elsewhere{.peer = at("127.0.0.1", 5060), .protocol = Protocol::udp, .listener = 7};
    const Flow no_datagrams{.peer = at("127.0.0.1", 5060), .protocol = Protocol::udp};
    const Flow stale{.peer = at("127.0.0.1", 5060), .protocol = Protocol::tcp, .slot = 3};

    for (const Flow& flow : {elsewhere, no_datagrams, stale}) {
        CHECK_FALSE(fixture.network.is_open(flow));
        CHECK_FALSE(fixture.network.send(flow, "x"));
    }
}

TEST_CASE("what a later end-of-turn hook sends leaves without waiting for input") {
    NetworkFixture fixture;
    const Peer peer(Protocol::udp, fixture.listen(Protocol::udp).bound);
    const Flow flow = *fixture.network.open(Protocol::udp, peer.endpoint());
    int hooks = 0;
    fixture.loop.at_end_of_turn([&] {
        if (++hooks == 1) fixture.network.send(flow, message(1));
    });

    fixture.loop.turn(base::Duration::zero());
    // Would sleep for ever in this turn were it not for the network's own wake-up.
    fixture.loop.turn(std::chrono::hours(1));

    CHECK(peer.receive() == message(1));
}

TEST_CASE("a loop turns on after its network went") {
    base::ManualClock clock;
    base::Loop loop(clock);
    base::Metrics metrics;
    {
        Network network(loop, metrics, {});
        REQUIRE(network.listen(Protocol::udp, at("127.0.0.1"), {}, true));
        REQUIRE(network.listen(Protocol::tcp, at("127.0.0.1"), {}, true));
    }

    clock.advance(std::chrono::hours(2));
    loop.turn(base::Duration::zero());

    CHECK(loop.timers().size() == 0);
}

TEST_CASE("a request and its answer between two stacks over real sockets, UDP and TCP") {
    struct Answering final : RequestHandler {
        void on_request(ServerTransactionId id, const Message&, const Flow&) override {
            stack->answer(id, {.status = 200});
        }
        void on_flow_closed(const Flow&) override {}
        void on_sign_of_life(const Flow&) override {}
        Stack* stack = nullptr;
    } handler;
    struct Asking final : RequestSource {
        void write_request(std::uint64_t user, std::string_view via, std::string& out) override {
            out += "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\n" + std::string(via);
            out += "From: <sip:a@b>;tag=1\r\nTo: <sip:x@y>\r\nCall-ID: " + std::to_string(user);
            out += "\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
        }
        void on_outcome(std::uint64_t, const ClientOutcome& outcome) override {
            statuses.push_back(outcome.status);
        }
        std::vector<int> statuses;
    } source;
    NetworkFixture fixture;
    Network theirs(fixture.loop, fixture.metrics, {});
    Stack client(fixture.loop, fixture.network, handler, fixture.metrics, {});
    Stack server(fixture.loop, theirs, handler, fixture.metrics, {});
    handler.stack = &server;
    fixture.network.attach(client);
    theirs.attach(server);

    for (const Protocol protocol : {Protocol::udp, Protocol::tcp}) {
        fixture.listen(protocol);
        const auto address = theirs.listen(protocol, at("127.0.0.1"), {}, true);
        REQUIRE(address);
        const auto flow = fixture.network.open(protocol, address->bound);
        REQUIRE(flow);
        source.statuses.clear();
        const std::uint64_t first = protocol == Protocol::udp ? 0 : 1000;
        for (std::uint64_t i = 0; i < 200; ++i) client.start(*flow, source, first + i);
        CHECK(fixture.until([&] { return source.statuses.size() == 200; }));
        CHECK(source.statuses == std::vector<int>(200, 200));
    }
}

}  // namespace herald::sip::network_test
