// tests/unit/sip/udp_test.cpp: datagrams through real sockets on loopback.
#include "sip/udp.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <sys/socket.h>

#include <doctest/doctest.h>

#include "tests/unit/sip/network_fixture.h"

namespace herald::sip::udp_test {

using namespace herald::test;

TEST_CASE("a datagram comes in with its source and goes back the same way, IPv4 and IPv6") {
    for (const char* host : {"127.0.0.1", "::1"}) {
        CAPTURE(host);
        NetworkFixture fixture;
        const ListenerAddress address = fixture.listen(Protocol::udp, host);
        const Peer peer(Protocol::udp, address.bound);
        fixture.sink.reply = [&](const Flow& flow) { fixture.network.send(flow, "answer"); };

        peer.send(message(1));
        REQUIRE(fixture.until([&] { return !fixture.sink.arrivals.empty(); }));

        const auto& arrival = fixture.sink.arrivals[0];
        CHECK(arrival.bytes == message(1));
        CHECK(arrival.framing == Framing::datagram);
        CHECK(arrival.flow.peer == peer.endpoint());
        CHECK(arrival.flow.protocol == Protocol::udp);
        CHECK(fixture.network.is_open(arrival.flow));
        CHECK(fixture.network.listener(arrival.flow).bound == address.bound);
        CHECK(peer.receive() == "answer");
    }
}

TEST_CASE("RFC 3261 18.2.2: a listener on all addresses answers from the one that was asked") {
    struct Case {
        const char *any, *asked;
    };
    for (const Case each :
         {Case{"0.0.0.0", "127.0.0.1"}, Case{"0.0.0.0", "127.0.0.77"}, Case{"::", "::1"}}) {
        CAPTURE(each.asked);
        NetworkFixture fixture;
        const auto port = fixture.listen(Protocol::udp, each.any).bound.port();
        Endpoint there = *Endpoint::from(each.asked, port);
        // Connected: it hears from nobody else.
        const Peer peer(Protocol::udp, there);
        fixture.sink.reply = [&](const Flow& flow) { fixture.network.send(flow, "answer"); };

        peer.send(message(1));
        REQUIRE(fixture.until([&] { return !fixture.sink.arrivals.empty(); }));

        there.set_port(0);
        CHECK(fixture.sink.arrivals[0].flow.local() == there);
        CHECK(peer.receive() == "answer");
    }
}

TEST_CASE("a listener on one address need not be told which one was asked") {
    NetworkFixture fixture;
    const Peer peer(Protocol::udp, fixture.listen(Protocol::udp).bound);
    peer.send(message(1));
    REQUIRE(fixture.until([&] { return !fixture.sink.arrivals.empty(); }));
    CHECK_FALSE(fixture.sink.arrivals[0].flow.local().is_valid());
}

TEST_CASE("what was to leave from an address that is gone leaves all the same") {
    NetworkFixture fixture;
    const auto port = fixture.listen(Protocol::udp, "0.0.0.0").bound.port();
    const Peer peer(Protocol::udp, *Endpoint::from("127.0.0.1", port));
    Flow flow = *fixture.network.open(Protocol::udp, peer.endpoint());
    for (int i = 0; i < 3; ++i) {
        flow.leave_from(i == 1 ? *Endpoint::from("192.0.2.77", 0) : Endpoint());
        CHECK(fixture.network.send(flow, message(i)));
    }
    fixture.settle();

    for (int i = 0; i < 3; ++i) CHECK(peer.receive() == message(i));
    CHECK(fixture.sink.unreachable.empty());
    CHECK(fixture.metric("herald_sip_datagrams_dropped_total") == 0);
}

TEST_CASE("what is queued within a turn leaves in order and whole, to many peers") {
    NetworkFixture fixture;
    const ListenerAddress address = fixture.listen(Protocol::udp);
    const Peer peers[] = {{Protocol::udp, address.bound},
                          {Protocol::udp, address.bound},
                          {Protocol::udp, address.bound}};
    for (const Peer& peer : peers) {
        const int wanted = 4 << 20;
        setsockopt(peer.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted);
    }

    for (int i = 0; i < 150; ++i) {
        for (const Peer& peer : peers) {
            const auto flow = fixture.network.open(Protocol::udp, peer.endpoint());
            REQUIRE(flow);
            CHECK(fixture.network.send(*flow, message(i, std::string(700, 'x'))));
        }
    }
    fixture.loop.turn(base::Duration::zero());

    for (const Peer& peer : peers) {
        for (int i = 0; i < 150; ++i) CHECK(peer.receive() == message(i, std::string(700, 'x')));
    }
}

TEST_CASE("a datagram of 60,000 bytes passes both ways, a larger one than IP has is refused") {
    NetworkFixture fixture;
    const Peer peer(Protocol::udp, fixture.listen(Protocol::udp).bound);
    const std::string large = message(1, std::string(60'000, 'b'));

    peer.send(large);
    REQUIRE(fixture.until([&] { return !fixture.sink.arrivals.empty(); }));
    CHECK(fixture.sink.arrivals[0].bytes == large);
    CHECK(fixture.network.send(fixture.sink.arrivals[0].flow, large));
    CHECK_FALSE(fixture.network.send(fixture.sink.arrivals[0].flow, std::string(65'508, 'b')));
    fixture.settle();

    CHECK(peer.receive() == large);
    CHECK(fixture.metric("herald_sip_datagrams_dropped_total", "too large") == 1);
}

TEST_CASE("RFC 5626 8: STUN is answered from where it was asked, keep-alives are dropped") {
    NetworkFixture fixture;
    const Peer peer(Protocol::udp, fixture.listen(Protocol::udp).bound);
    const std::string request("\0\1\0\0\x21\x12\xa4\x42transaction.", 20);

    peer.send("\r\n\r\n");
    peer.send(request);
    fixture.settle();

    CHECK(peer.receive() == *stun_answer(request, peer.endpoint()));
    CHECK(fixture.sink.arrivals.empty());
    CHECK(fixture.metric("herald_sip_datagrams_dropped_total", "keep-alive") == 1);
    CHECK(fixture.metric("herald_stun_requests_total", "answered") == 1);
}

TEST_CASE("RFC 5626 8: what is no keep-alive, or is not offered, is dropped and counted") {
    NetworkFixture fixture({.stun = false});
    const Peer peer(Protocol::udp, fixture.listen(Protocol::udp).bound);

    peer.send("");
    peer.send("\r\n\r\n");
    peer.send(std::string(4, '\0'));
    peer.send(std::string("\0\1\0\0\x21\x12\xa4\x42transaction.", 20));
    peer.send(std::string("\1\1\0\0\x21\x12\xa4\x42transaction.", 20));
    peer.send(message(1));
    REQUIRE(fixture.until([&] { return !fixture.sink.arrivals.empty(); }));

    CHECK(fixture.sink.arrivals.size() == 1);
    CHECK(fixture.metric("herald_sip_datagrams_dropped_total", "keep-alive") == 3);
    CHECK(fixture.metric("herald_sip_datagrams_dropped_total", "stun") == 2);
}

TEST_CASE("RFC 3261 18.4: a closed port is reported as unreachable") {
    for (const char* host : {"127.0.0.1", "::1"}) {
        CAPTURE(host);
        NetworkFixture fixture;
        const ListenerAddress address = fixture.listen(Protocol::udp, host);
        Peer peer(Protocol::udp, address.bound);
        const Endpoint gone = peer.endpoint();
        peer.close();

        fixture.network.send(*fixture.network.open(Protocol::udp, gone), message(1));
        CHECK(fixture.until([&] { return !fixture.sink.unreachable.empty(); }));

        CHECK(fixture.sink.unreachable == std::vector<Endpoint>{gone});
    }
}

TEST_CASE("errors of dead peers cost no datagram to living ones") {
    NetworkFixture fixture;
    const ListenerAddress address = fixture.listen(Protocol::udp);
    const Peer living(Protocol::udp, address.bound);
    Peer peer(Protocol::udp, address.bound);
    const Flow dead = *fixture.network.open(Protocol::udp, peer.endpoint());
    const Flow alive = *fixture.network.open(Protocol::udp, living.endpoint());
    peer.close();

    for (int turn = 0; turn < 20; ++turn) {
        fixture.network.send(dead, message(turn));
        fixture.network.send(alive, message(turn));
        fixture.network.send(dead, message(turn));
        fixture.loop.turn(base::Duration::zero());
    }
    fixture.settle();

    for (int turn = 0; turn < 20; ++turn) CHECK(living.receive() == message(turn));
    CHECK(fixture.metric("herald_sip_datagrams_dropped_total", "unsendable") == 0);
    CHECK(fixture.sink.unreachable.size() >= 20);
}

TEST_CASE("an error that one batch leaves behind is not blamed on the next") {
    NetworkFixture fixture;
    const ListenerAddress address = fixture.listen(Protocol::udp);
    const Peer living(Protocol::udp, address.bound);
    Peer peer(Protocol::udp, address.bound);
    const Flow dead = *fixture.network.open(Protocol::udp, peer.endpoint());
    const Flow alive = *fixture.network.open(Protocol::udp, living.endpoint());
    const std::string large = message(1, std::string(60'000, 'x'));
    peer.close();

    // Each fifth large one would go beyond what is queued, and sends what is.
    for (int round = 0; round < 4; ++round) {
        for (int i = 0; i < 4; ++i) fixture.network.send(alive, large);
        fixture.network.send(dead, message(2));
    }
    fixture.settle();

    CHECK(fixture.metric("herald_sip_datagrams_dropped_total", "unsendable") == 0);
    REQUIRE(!fixture.sink.unreachable.empty());
    for (const Endpoint& unreachable : fixture.sink.unreachable) CHECK(unreachable == dead.peer);
}

TEST_CASE("what the system refuses to send is counted, and the rest still leaves") {
    NetworkFixture fixture;
    const ListenerAddress address = fixture.listen(Protocol::udp);
    const Peer living(Protocol::udp, address.bound);
    const Flow alive = *fixture.network.open(Protocol::udp, living.endpoint());
    Flow broadcast = alive;
    broadcast.peer = *Endpoint::from("255.255.255.255", 5060);

    fixture.network.send(alive, message(1));
    fixture.network.send(broadcast, message(2));
    fixture.network.send(broadcast, message(3));
    fixture.network.send(alive, message(4));
    fixture.settle();

    CHECK(living.receive() == message(1));
    CHECK(living.receive() == message(4));
    CHECK(fixture.metric("herald_sip_datagrams_dropped_total", "unsendable") == 2);
    CHECK(fixture.sink.unreachable.size() >= 1);
}

TEST_CASE("a flood is read in portions, so that a turn ends") {
    NetworkFixture fixture;
    const Peer peer(Protocol::udp, fixture.listen(Protocol::udp).bound);
    for (int i = 0; i < 1000; ++i) peer.send(message(i));

    fixture.loop.turn(std::chrono::milliseconds(100));
    CHECK(fixture.sink.arrivals.size() == 256);
    fixture.settle();

    CHECK(fixture.sink.arrivals.size() == 1000);
    CHECK(fixture.sink.arrivals.back().bytes == message(999));
}

TEST_CASE("a request that waited too long to be read is dropped and counted, an answer never") {
    for (const char* host : {"127.0.0.1", "0.0.0.0", "::1"}) {
        CAPTURE(host);
        NetworkFixture fixture({.oldest_request = std::chrono::milliseconds(50)});
        const auto port = fixture.listen(Protocol::udp, host).bound.port();
        const std::string_view there = host == std::string_view("::1") ? "::1" : "127.0.0.1";
        const Peer peer(Protocol::udp, *Endpoint::from(there, port));
        const std::string answer = "SIP/2.0 200 OK\r\nCall-ID: 2\r\nContent-Length: 0\r\n\r\n";
        const auto late = [&] {
            return fixture.metric("herald_sip_datagrams_dropped_total", "read late");
        };

        const auto answers = [&] {
            const auto& all = fixture.sink.arrivals;
            return std::count_if(all.begin(), all.end(),
                                 [&](const auto& each) { return each.bytes == answer; });
        };

        // By the kernel's clock, which no test can turn, and which it looks at some time after it
        // was asked to: a datagram that came before counts as new.
        int sent = 0;
        while (late() == 0 && sent < 100) {
            peer.send(message(1));
            peer.send(answer);
            ++sent;
            std::this_thread::sleep_for(std::chrono::milliseconds(60));
            REQUIRE(fixture.until([&] { return answers() == sent; }));
        }

        CHECK(late() == 1);
        CHECK(fixture.sink.arrivals.size() == static_cast<std::size_t>(2 * sent - 1));
        CHECK(fixture.sink.arrivals.back().bytes == answer);
    }
}

TEST_CASE("after stop_input nothing is read, but output leaves") {
    NetworkFixture fixture;
    const Peer peer(Protocol::udp, fixture.listen(Protocol::udp).bound);
    const Flow flow = *fixture.network.open(Protocol::udp, peer.endpoint());

    fixture.network.stop_input();
    peer.send(message(1));
    fixture.network.send(flow, message(2));
    fixture.settle();

    CHECK(fixture.sink.arrivals.empty());
    CHECK(peer.receive() == message(2));
}

TEST_CASE("stop_input within a message stops the batch behind it only") {
    NetworkFixture fixture;
    const Peer peer(Protocol::udp, fixture.listen(Protocol::udp).bound);
    for (int i = 0; i < 200; ++i) peer.send(message(i));
    fixture.sink.reply = [&](const Flow&) { fixture.network.stop_input(); };

    fixture.settle();

    CHECK(fixture.sink.arrivals.size() == ReceiveRing::kDatagrams);
}

TEST_CASE(
    "RFC 3261 21.5.4: a receive buffer that stands full is load, and what it had no room for is "
    "counted") {
    NetworkFixture fixture({.udp_receive_buffer = 1 << 20});
    const Peer peer(Protocol::udp, fixture.listen(Protocol::udp).bound);
    const std::string text = message(1, std::string(700, 'x'));
    std::vector<Load> loads;
    fixture.sink.reply = [&](const Flow&) { loads.push_back(fixture.network.load()); };

    const int sent = 4000;
    for (int i = 0; i < sent; ++i) peer.send(text);
    CHECK(fixture.network.load() == Load::normal);  // nobody looked yet
    fixture.settle();

    CHECK(std::count(loads.begin(), loads.end(), Load::extreme) > 0);
    CHECK(fixture.network.load() == Load::normal);
    const double unread =
        fixture.metric("herald_sip_datagrams_dropped_total", "receive buffer full");
    CHECK(unread > 0);
    CHECK(unread + static_cast<double>(loads.size()) == sent);
}

}  // namespace herald::sip::udp_test
