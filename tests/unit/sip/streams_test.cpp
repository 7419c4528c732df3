// tests/unit/sip/streams_test.cpp: streams through real sockets on loopback; timeouts on a manual
// clock.
#include "sip/streams.h"

#include <chrono>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>

#include <doctest/doctest.h>

#include "tests/unit/sip/network_fixture.h"

namespace herald::sip::streams_test {

using namespace herald::test;
using namespace std::chrono_literals;

namespace {

/// A listening socket of the test's own.
struct Acceptor {
    explicit Acceptor(int backlog = 16) : socket(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_storage address{};
        const socklen_t size = Endpoint::from("127.0.0.1", 0)->to_sockaddr(address);
        REQUIRE(bind(socket.fd(), reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(listen(socket.fd(), backlog) == 0);
        const timeval patience{.tv_sec = kPatience.count()};
        setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    Socket accept() const { return Socket(::accept(socket.fd(), nullptr, nullptr)); }
    Endpoint endpoint() const { return local_endpoint(socket); }

    Socket socket;
};

std::string read_from(const Socket& socket, std::size_t size) {
    std::string all(size, '\0');
    const ssize_t got = recv(socket.fd(), all.data(), size, MSG_WAITALL);
    all.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return all;
}

std::shared_ptr<StreamLimits> limits(const StreamLimits::Most& most) {
    return std::make_shared<StreamLimits>(most);
}

}  // namespace

TEST_CASE("a message comes in over a stream and its answer goes back, IPv4 and IPv6") {
    for (const char* host : {"127.0.0.1", "::1"}) {
        CAPTURE(host);
        NetworkFixture fixture;
        const ListenerAddress address = fixture.listen(Protocol::tcp, host);
        const Peer peer(Protocol::tcp, address.bound);
        fixture.sink.reply = [&](const Flow& flow) { fixture.network.send(flow, "answer"); };

        peer.send(message(1, "body"));
        REQUIRE(fixture.until([&] { return !fixture.sink.arrivals.empty(); }));

        const auto& arrival = fixture.sink.arrivals[0];
        CHECK(arrival.bytes == message(1, "body"));
        CHECK(arrival.framing == Framing::stream);
        CHECK(arrival.flow.peer == peer.endpoint());
        CHECK(fixture.network.listener(arrival.flow).bound == address.bound);
        CHECK(peer.receive() == "answer");
        CHECK(fixture.metric("herald_sip_connections") == 1);
    }
}

TEST_CASE("RFC 3261 18.3: one byte at a time, two in one segment, a ping between: one pong") {
    NetworkFixture fixture;
    const Peer peer(Protocol::tcp, fixture.listen(Protocol::tcp).bound);

    for (const char c : message(1)) {
        peer.send({&c, 1});
        fixture.loop.turn(1ms);
    }
    REQUIRE(fixture.until([&] { return fixture.sink.arrivals.size() == 1; }));
    peer.send(message(2, "two") + "\r\n\r\n" + message(3) + "\r\n");
    REQUIRE(fixture.until([&] { return fixture.sink.arrivals.size() == 3; }));
    fixture.settle();
    fixture.network.send(fixture.sink.arrivals[0].flow, "after");
    fixture.settle();

    CHECK(fixture.sink.arrivals[0].bytes == message(1));
    CHECK(fixture.sink.arrivals[1].bytes == message(2, "two"));
    CHECK(fixture.sink.arrivals[2].bytes == message(3));
    CHECK(peer.receive_all(7) == "\r\nafter");
}

TEST_CASE("RFC 5923 8.1: an open connection to that address and port is used again") {
    NetworkFixture fixture;
    const Peer peer(Protocol::tcp, fixture.listen(Protocol::tcp).bound);
    peer.send(message(1));
    REQUIRE(fixture.until([&] { return !fixture.sink.arrivals.empty(); }));

    const auto flow = fixture.network.open(Protocol::tcp, peer.endpoint());

    REQUIRE(flow);
    CHECK(*flow == fixture.sink.arrivals[0].flow);
    CHECK(fixture.network.is_open(*flow));
}

TEST_CASE("a new connection carries what waited for it, once, and is reused") {
    NetworkFixture fixture;
    fixture.listen(Protocol::tcp);
    const Acceptor acceptor;

    const auto flow = fixture.network.open(Protocol::tcp, acceptor.endpoint());
    REQUIRE(flow);
    CHECK(fixture.network.send(*flow, message(1)));
    const auto again = fixture.network.open(Protocol::tcp, acceptor.endpoint());
    REQUIRE(again);
    CHECK(*again == *flow);
    CHECK(fixture.network.send(*again, message(2)));
    fixture.settle();

    const Socket accepted = acceptor.accept();
    CHECK(read_from(accepted, message(1).size() * 2) == message(1) + message(2));
    CHECK(fixture.sink.closed.empty());
}

TEST_CASE("a refused connection ends its flow") {
    NetworkFixture fixture;
    fixture.listen(Protocol::tcp);
    Endpoint closed_port;
    {
        const Acceptor acceptor;
        closed_port = acceptor.endpoint();
    }

    const auto flow = fixture.network.open(Protocol::tcp, closed_port);
    if (flow) {
        CHECK(fixture.network.send(*flow, message(1)));
        CHECK(fixture.until([&] { return !fixture.sink.closed.empty(); }));
        CHECK(fixture.sink.closed == std::vector<Flow>{*flow});
        CHECK_FALSE(fixture.network.is_open(*flow));
    } else {
        CHECK(flow.fault().kind == FaultKind::unreachable);
    }
    CHECK(fixture.metric("herald_sip_connections") == 0);
}

TEST_CASE("a connection nobody takes up ends after the connect timeout") {
    NetworkFixture fixture({.connect_timeout = 4s});
    fixture.listen(Protocol::tcp);
    const Acceptor acceptor(0);
    // Fills the queue of connections nobody accepts.
    std::vector<Socket> waiting;
    for (int i = 0; i < 4; ++i) {
        auto socket = connect_socket(acceptor.endpoint());
        if (socket) waiting.push_back(std::move(*socket));
    }

    const auto flow = fixture.network.open(Protocol::tcp, acceptor.endpoint());
    REQUIRE(flow);
    fixture.clock.advance(4s - 10ms);
    fixture.loop.turn(0s);
    CHECK(fixture.sink.closed.empty());
    fixture.clock.advance(11ms);
    fixture.loop.turn(0s);

    CHECK(fixture.sink.closed == std::vector<Flow>{*flow});
}

TEST_CASE("when the peer closes the flow ends, and its slot never means another connection") {
    NetworkFixture fixture;
    const ListenerAddress address = fixture.listen(Protocol::tcp);
    Peer peer(Protocol::tcp, address.bound);
    peer.send(message(1));
    REQUIRE(fixture.until([&] { return !fixture.sink.arrivals.empty(); }));
    const Flow flow = fixture.sink.arrivals[0].flow;

    peer.close();
    REQUIRE(fixture.until([&] { return !fixture.sink.closed.empty(); }));
    const Peer next(Protocol::tcp, address.bound);
    next.send(message(2));
    REQUIRE(fixture.until([&] { return fixture.sink.arrivals.size() == 2; }));

    CHECK(fixture.sink.closed == std::vector<Flow>{flow});
    CHECK(fixture.sink.arrivals[1].flow.slot == flow.slot);
    CHECK_FALSE(fixture.network.is_open(flow));
    CHECK_FALSE(fixture.network.has_stream(flow));
    CHECK(fixture.network.has_stream(fixture.sink.arrivals[1].flow));
    CHECK_FALSE(fixture.network.send(flow, message(3)));
    CHECK(fixture.metric("herald_sip_connections") == 1);
}

TEST_CASE("a peer that closes its half at once still reads the answer") {
    NetworkFixture fixture;
    const Peer peer(Protocol::tcp, fixture.listen(Protocol::tcp).bound);
    fixture.sink.reply = [&](const Flow& flow) { fixture.network.send(flow, "answer"); };

    peer.send(message(1));
    shutdown(peer.fd(), SHUT_WR);
    REQUIRE(fixture.until([&] { return !fixture.sink.closed.empty(); }));

    CHECK(peer.receive() == "answer");
    CHECK(peer.receive() == "");
}

TEST_CASE("RFC 3261 18.3: framing lost: the answer is read to its end, then the stream ends") {
    NetworkFixture fixture;
    const Peer peer(Protocol::tcp, fixture.listen(Protocol::tcp).bound);
    fixture.sink.reply = [&](const Flow& flow) { fixture.network.send(flow, "400"); };

    peer.send("OPTIONS sip:a@b SIP/2.0\r\nCall-ID: 1\r\n\r\n" + std::string(20'000, 'x'));
    REQUIRE(fixture.until([&] { return !fixture.sink.closed.empty(); }));
    fixture.settle();

    REQUIRE(fixture.sink.unframeable.size() == 1);
    CHECK(fixture.sink.closed == std::vector<Flow>{fixture.sink.unframeable[0].flow});
    CHECK_FALSE(fixture.network.is_open(fixture.sink.closed[0]));
    CHECK(peer.receive() == "400");
    CHECK(peer.receive() == "");
    CHECK(fixture.metric("herald_sip_connections") == 1);

    fixture.clock.advance(2s + 1ms);
    fixture.loop.turn(0s);
    CHECK(fixture.metric("herald_sip_connections") == 0);
    CHECK(fixture.sink.closed.size() == 1);
    CHECK(fixture.sink.arrivals.empty());
}

TEST_CASE("RFC 3261 18.3: a connection whose framing is lost is not used again") {
    NetworkFixture fixture;
    const Peer peer(Protocol::tcp, fixture.listen(Protocol::tcp).bound);
    peer.send("OPTIONS sip:a@b SIP/2.0\r\nCall-ID: 1\r\n\r\n");
    REQUIRE(fixture.until([&] { return !fixture.sink.closed.empty(); }));

    const auto again = fixture.network.open(Protocol::tcp, peer.endpoint());

    CHECK(fixture.metric("herald_sip_connections") >= 1);
    const bool is_the_same = again && *again == fixture.sink.closed[0];
    CHECK_FALSE(is_the_same);
}

TEST_CASE("an idle stream is closed, one that says something is not") {
    NetworkFixture fixture({.idle_timeout = 60s});
    const ListenerAddress address = fixture.listen(Protocol::tcp);
    const Peer idle(Protocol::tcp, address.bound);
    const Peer busy(Protocol::tcp, address.bound);
    idle.send(message(1));
    busy.send(message(2));
    REQUIRE(fixture.until([&] { return fixture.sink.arrivals.size() == 2; }));

    for (int i = 0; i < 3; ++i) {
        busy.send("\r\n\r\n");
        CHECK(busy.receive_all(0).empty());
        fixture.settle();
        fixture.clock.advance(25s);
        fixture.loop.turn(0s);
    }

    REQUIRE(fixture.sink.closed.size() == 1);
    CHECK(fixture.sink.closed[0].peer == idle.endpoint());
    CHECK(idle.receive() == "");
}

TEST_CASE("RFC 5626 5.4: a stream of which keep-alives are expected ends without them") {
    NetworkFixture fixture;
    const ListenerAddress address = fixture.listen(Protocol::tcp);
    const Peer silent(Protocol::tcp, address.bound);
    const Peer alive(Protocol::tcp, address.bound);
    silent.send(message(1));
    alive.send(message(2));
    REQUIRE(fixture.until([&] { return fixture.sink.arrivals.size() == 2; }));
    for (const auto& arrival : fixture.sink.arrivals) fixture.network.expect(arrival.flow, 90s);

    for (int i = 0; i < 3; ++i) {
        alive.send("\r\n\r\n");
        fixture.settle();
        // What is sent to it does not keep it alive.
        for (const auto& arrival : fixture.sink.arrivals) fixture.network.send(arrival.flow, "x");
        fixture.settle();
        fixture.clock.advance(40s);
        fixture.loop.turn(0s);
    }

    REQUIRE(fixture.sink.closed.size() == 1);
    CHECK(fixture.sink.closed[0].peer == silent.endpoint());
}

TEST_CASE("RFC 3261 18.3: a message that never gets whole ends its stream") {
    NetworkFixture fixture({.partial_timeout = 30s});
    const Peer peer(Protocol::tcp, fixture.listen(Protocol::tcp).bound);
    peer.send(message(1));
    REQUIRE(fixture.until([&] { return fixture.sink.arrivals.size() == 1; }));
    fixture.clock.advance(100s);
    fixture.loop.turn(0s);

    peer.send(message(2) + "OPTIONS sip:");
    REQUIRE(fixture.until([&] { return fixture.sink.arrivals.size() == 2; }));
    fixture.settle();
    for (int i = 0; i < 5; ++i) {
        fixture.clock.advance(5s);
        peer.send("a");
        fixture.settle();
    }
    CHECK(fixture.sink.closed.empty());
    fixture.clock.advance(6s);
    fixture.loop.turn(0s);

    CHECK(fixture.sink.closed.size() == 1);
}

TEST_CASE("what a slow peer does not take yet is kept in order and written later") {
    NetworkFixture fixture({.out_buffer = 8 << 20});
    const Peer peer(Protocol::tcp, fixture.listen(Protocol::tcp).bound);
    peer.send(message(1));
    REQUIRE(fixture.until([&] { return !fixture.sink.arrivals.empty(); }));
    std::string expected;
    for (int i = 0; i < 4000; ++i) {
        expected += message(i, std::string(1500, 'x'));
        CHECK(fixture.network.send(fixture.sink.arrivals[0].flow,
                                   message(i, std::string(1500, 'x'))));
        if (i % 100 == 0) fixture.loop.turn(0s);
    }

    std::string got;
    while (got.size() < expected.size()) {
        fixture.loop.turn(1ms);
        char room[65536];
        const ssize_t size = recv(peer.fd(), room, sizeof room, MSG_DONTWAIT);
        if (size == 0) break;
        if (size > 0) got.append(room, static_cast<std::size_t>(size));
    }

    CHECK((got == expected));
    CHECK(fixture.sink.closed.empty());
}

TEST_CASE("a peer that leaves its answers unread is not read from until it does") {
    // Far more than the sockets' own buffers take.
    constexpr int kMessages = 60;
    const StreamLimits::Most most{.bytes = 256 << 20, .bytes_per_source = 256 << 20};
    NetworkFixture fixture(
        {.streams = std::make_shared<StreamLimits>(most), .out_buffer = 64 << 20});
    const Peer peer(Protocol::tcp, fixture.listen(Protocol::tcp).bound);
    fixture.sink.reply = [&](const Flow& flow) {
        fixture.network.send(flow, std::string(1 << 20, 'a'));
    };
    fcntl(peer.fd(), F_SETFL, O_NONBLOCK);
    for (int i = 0; i < kMessages; ++i) {
        ::send(peer.fd(), message(i).data(), message(i).size(), MSG_NOSIGNAL);
        fixture.loop.turn(1ms);
    }
    fixture.settle();
    const std::size_t before = fixture.sink.arrivals.size();

    CHECK(before < kMessages);
    std::size_t got = 0;
    REQUIRE(fixture.until([&] {
        std::string room(1 << 20, '\0');
        for (ssize_t n = 0; (n = recv(peer.fd(), room.data(), room.size(), 0)) > 0;) {
            got += static_cast<std::size_t>(n);
        }
        return got == std::size_t{kMessages} << 20;
    }));
    CHECK(fixture.sink.arrivals.size() == kMessages);
}

TEST_CASE("what its peers do not read counts as what they have not sent whole") {
    // Far more than the sockets' own buffers take.
    const StreamLimits::Most most{.bytes_per_source = 1 << 20};
    NetworkFixture fixture(
        {.streams = std::make_shared<StreamLimits>(most), .out_buffer = 64 << 20});
    const Peer peer(Protocol::tcp, fixture.listen(Protocol::tcp).bound);
    fixture.sink.reply = [&](const Flow& flow) {
        fixture.network.send(flow, std::string(32 << 20, 'a'));
    };
    ::send(peer.fd(), message(0).data(), message(0).size(), MSG_NOSIGNAL);

    CHECK(fixture.until([&] { return !fixture.sink.closed.empty(); }));
}

TEST_CASE("a stream over its out-buffer is closed at the end of the turn, not within send()") {
    NetworkFixture fixture({.out_buffer = 100'000});
    const Peer peer(Protocol::tcp, fixture.listen(Protocol::tcp).bound);
    peer.send(message(1));
    REQUIRE(fixture.until([&] { return !fixture.sink.arrivals.empty(); }));
    const Flow flow = fixture.sink.arrivals[0].flow;

    CHECK(fixture.network.send(flow, std::string(60'000, 'x')));
    CHECK_FALSE(fixture.network.send(flow, std::string(60'000, 'x')));
    CHECK_FALSE(fixture.network.send(flow, "small"));
    CHECK_FALSE(fixture.network.is_open(flow));
    CHECK(fixture.sink.closed.empty());
    fixture.loop.turn(0s);

    CHECK(fixture.sink.closed == std::vector<Flow>{flow});
}

TEST_CASE("beyond max_connections streams are refused both ways") {
    NetworkFixture fixture({.streams = limits({.connections = 1})});
    const ListenerAddress address = fixture.listen(Protocol::tcp);
    const Acceptor acceptor;
    const Peer first(Protocol::tcp, address.bound);
    REQUIRE(fixture.until([&] { return fixture.metric("herald_sip_connections") == 1; }));

    const Peer second(Protocol::tcp, address.bound);
    fixture.settle();
    const auto flow = fixture.network.open(Protocol::tcp, acceptor.endpoint());

    CHECK(second.receive() == "");
    CHECK(fixture.metric("herald_sip_connections_refused_total") == 1);
    REQUIRE_FALSE(flow);
    CHECK(flow.fault().kind == FaultKind::limit_reached);
}

TEST_CASE("a stream that brings no whole message in 32 s is closed; keep-alives are none") {
    NetworkFixture fixture({.idle_timeout = 3600s});
    const ListenerAddress address = fixture.listen(Protocol::tcp);
    const Peer silent(Protocol::tcp, address.bound);
    const Peer pinging(Protocol::tcp, address.bound);
    const Peer talking(Protocol::tcp, address.bound);
    talking.send(message(1));
    REQUIRE(fixture.until([&] { return fixture.sink.arrivals.size() == 1; }));

    fixture.clock.advance(31s);
    pinging.send("\r\n\r\n");
    fixture.settle();
    CHECK(fixture.metric("herald_sip_connections") == 3);
    fixture.clock.advance(1s);
    fixture.settle();

    CHECK(fixture.metric("herald_sip_connections") == 1);
    CHECK(silent.receive() == "");
    CHECK(fixture.network.is_open(fixture.sink.arrivals[0].flow));
    fixture.clock.advance(3500s);
    fixture.settle();
    CHECK(fixture.metric("herald_sip_connections") == 1);
}

TEST_CASE("one source has its share of connections, and of room for unfinished messages") {
    NetworkFixture fixture(
        {.streams = limits({.connections_per_source = 2, .bytes_per_source = 20'000})});
    const ListenerAddress address = fixture.listen(Protocol::tcp);
    Peer first(Protocol::tcp, address.bound);
    const Peer second(Protocol::tcp, address.bound);
    REQUIRE(fixture.until([&] { return fixture.metric("herald_sip_connections") == 2; }));
    const Peer third(Protocol::tcp, address.bound);
    CHECK(
        fixture.until([&] { return fixture.metric("herald_sip_connections_refused_total") == 1; }));

    const std::string half = message(1, std::string(60'000, 'x')).substr(0, 15'000);
    first.send(half);
    fixture.settle();
    second.send(half);
    CHECK(
        fixture.until([&] { return fixture.metric("herald_sip_unfinished_refused_total") == 1; }));
    fixture.settle();
    CHECK(fixture.metric("herald_sip_connections") == 1);

    // What it gives back others may take.
    first.close();
    REQUIRE(fixture.until([&] { return fixture.metric("herald_sip_connections") == 0; }));
    const Peer fourth(Protocol::tcp, address.bound);
    fourth.send(half);
    fixture.settle();
    CHECK(fixture.metric("herald_sip_connections") == 1);
    CHECK(fixture.metric("herald_sip_unfinished_refused_total") == 1);
}

TEST_CASE("after stop_input no stream is read or accepted, but output leaves") {
    NetworkFixture fixture;
    const ListenerAddress address = fixture.listen(Protocol::tcp);
    const Peer peer(Protocol::tcp, address.bound);
    peer.send(message(1));
    REQUIRE(fixture.until([&] { return !fixture.sink.arrivals.empty(); }));

    fixture.network.stop_input();
    const Peer late(Protocol::tcp, address.bound);
    peer.send(message(2));
    fixture.network.send(fixture.sink.arrivals[0].flow, "bye");
    fixture.settle();

    CHECK(fixture.sink.arrivals.size() == 1);
    CHECK(fixture.metric("herald_sip_connections") == 1);
    CHECK(peer.receive() == "bye");
}

TEST_CASE("a handler that sends on other flows as one closes does no harm") {
    NetworkFixture fixture({.out_buffer = 1000});
    const ListenerAddress address = fixture.listen(Protocol::tcp);
    Peer a(Protocol::tcp, address.bound);
    const Peer b(Protocol::tcp, address.bound);
    a.send(message(1));
    REQUIRE(fixture.until([&] { return fixture.sink.arrivals.size() == 1; }));
    b.send(message(2));
    REQUIRE(fixture.until([&] { return fixture.sink.arrivals.size() == 2; }));

    fixture.network.send(fixture.sink.arrivals[0].flow, std::string(2000, 'x'));
    fixture.network.send(fixture.sink.arrivals[1].flow, "one ");
    a.close();
    fixture.loop.turn(0s);
    fixture.network.send(fixture.sink.arrivals[1].flow, "two");
    fixture.settle();

    CHECK(fixture.sink.closed == std::vector<Flow>{fixture.sink.arrivals[0].flow});
    CHECK(b.receive_all(7) == "one two");
}

}  // namespace herald::sip::streams_test
