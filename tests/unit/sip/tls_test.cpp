// tests/unit/sip/tls_test.cpp: TLS connections of a Network on loopback, with certificates that are
// made here.
#include "sip/tls.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include <doctest/doctest.h>

#include "tests/support/certificates.h"
#include "tests/unit/sip/network_fixture.h"
#include "tests/unit/sip/tls_peer.h"

namespace herald::sip::tls_test {

using namespace herald::test;
using namespace std::chrono_literals;

namespace {

/// A Network with a certificate for example.com, and what its clients trust.
struct Secured {
    explicit Secured(NetworkOptions options = {}) : fixture(with_context(std::move(options))) {
        address = fixture.listen(Protocol::tls);
    }

    NetworkOptions with_context(NetworkOptions options) const {
        options.tls = context_of({.pairs = {authority.issue()}, .peers_ca = authority.file()});
        return options;
    }
    std::shared_ptr<const TlsContext> client() const {
        return context_of({.peers_ca = authority.file()});
    }
    /// A connection that has shaken hands with who should be `domain`.
    TlsPeer peer(const Peer& socket, std::string_view domain = "example.com") {
        return {fixture, socket.fd(), client()->connect(domain)};
    }
    double failures(std::string_view reason) const {
        return fixture.metric("herald_tls_failures_total", reason);
    }

    Authority authority;
    NetworkFixture fixture;
    ListenerAddress address;
};

/// A TLS server of the test's own, and a Network that connects to it.
struct Outgoing {
    Outgoing() : listener(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_storage at{};
        const socklen_t size = Endpoint::from("127.0.0.1", 0)->to_sockaddr(at);
        REQUIRE(bind(listener.fd(), reinterpret_cast<sockaddr*>(&at), size) == 0);
        REQUIRE(listen(listener.fd(), 8) == 0);
    }
    Endpoint endpoint() const { return local_endpoint(listener); }
    TlsPeer accept(const TlsPair& pair) {
        accepted = Socket(::accept(listener.fd(), nullptr, nullptr));
        return {secured.fixture, accepted.fd(),
                context_of({.pairs = {pair}})->accept(ClientCertificates::none)};
    }
    Result<Flow> open(std::string_view domain) {
        return secured.fixture.network.open(Protocol::tls, endpoint(), domain);
    }

    Secured secured;
    Socket listener, accepted;
};

std::string text_of(const Result<Flow>& flow) {
    return flow ? std::string() : flow.fault().detail;
}

}  // namespace

TEST_CASE("a message comes in over TLS, its answer goes back, a ping is answered") {
    Secured secured;
    auto& fixture = secured.fixture;
    const Peer socket(Protocol::tls, secured.address.bound);
    fixture.sink.reply = [&](const Flow& flow) { fixture.network.send(flow, "answer"); };
    TlsPeer peer = secured.peer(socket);
    REQUIRE(peer.shake_hands());

    peer.send(message(1, "body") + "\r\n\r\n");

    CHECK(peer.receives("answer\r\n"));
    REQUIRE(fixture.sink.arrivals.size() == 1);
    const auto& arrival = fixture.sink.arrivals[0];
    CHECK(arrival.bytes == message(1, "body"));
    CHECK(arrival.framing == Framing::stream);
    CHECK(arrival.flow.protocol == Protocol::tls);
    CHECK(arrival.flow.peer == socket.endpoint());
    CHECK(fixture.metric("herald_tls_handshakes_total", "full") == 1);
    CHECK(fixture.metric("herald_sip_connections") == 1);
}

TEST_CASE("RFC 5077, RFC 8446 2.2: by a ticket the next handshake is a short one") {
    for (const bool is_old : {false, true}) {
        CAPTURE(is_old);
        Secured secured;
        auto& fixture = secured.fixture;
        const auto client =
            context_of({.peers_ca = secured.authority.file(), .is_old_client = is_old});
        const Peer first(Protocol::tls, secured.address.bound);
        TlsPeer one(fixture, first.fd(), client->connect("example.com"));
        REQUIRE(one.shake_hands());
        one.send("\r\n\r\n");
        REQUIRE(one.receives("\r\n"));
        const auto ticket = one.session().ticket();
        REQUIRE(ticket);
        CHECK_FALSE(one.session().was_resumed());

        // More than once: nothing is kept of it.
        for (int i = 1; i <= 2; ++i) {
            const Peer again(Protocol::tls, secured.address.bound);
            TlsPeer other(fixture, again.fd(), client->connect("example.com", ticket));
            REQUIRE(other.shake_hands());
            other.send("\r\n\r\n");
            CHECK(other.receives("\r\n"));
            CHECK(other.session().was_resumed());
            CHECK(fixture.metric("herald_tls_handshakes_total", "resumed") == i);
        }
        CHECK(fixture.metric("herald_tls_handshakes_total", "full") == 1);
    }
}

TEST_CASE("RFC 8446 4.6.1: a ticket comes with the first message, and none before it") {
    for (const bool is_old : {false, true}) {
        CAPTURE(is_old);
        Secured secured;
        const auto client =
            context_of({.peers_ca = secured.authority.file(), .is_old_client = is_old});
        const auto server = context_of({.pairs = {secured.authority.issue()}});
        const auto theirs = client->connect("example.com");
        const auto ours = server->accept(ClientCertificates::none);
        std::string plain, to_us, to_them;
        REQUIRE(theirs->begin(to_us));
        while (!theirs->is_up() || !ours->is_up()) {
            REQUIRE(ours->receive(std::exchange(to_us, {}), plain, to_them));
            REQUIRE(theirs->receive(std::exchange(to_them, {}), plain, to_us));
        }
        CHECK((theirs->ticket() != nullptr) == is_old);
        REQUIRE(ours->receive(std::exchange(to_us, {}), plain, to_them));
        CHECK(to_them.empty());

        REQUIRE(ours->send("one", to_them));
        const std::size_t first = to_them.size();
        REQUIRE(ours->send("two", to_them));

        // Of two equal messages the first is longer by the ticket.
        CHECK((first > to_them.size() - first) == !is_old);
        REQUIRE(theirs->receive(to_them, plain, to_us));
        CHECK(plain == "onetwo");
        CHECK(theirs->ticket());
    }
}

TEST_CASE("a ticket is good for the certificates it was made with") {
    Secured secured;
    auto& fixture = secured.fixture;
    const auto client = secured.client();
    const Peer first(Protocol::tls, secured.address.bound);
    TlsPeer one(fixture, first.fd(), client->connect("example.com"));
    REQUIRE(one.shake_hands());
    one.send("\r\n\r\n");
    REQUIRE(one.receives("\r\n"));

    fixture.network.secure(context_of({.pairs = {secured.authority.issue()}}));

    const Peer again(Protocol::tls, secured.address.bound);
    TlsPeer other(fixture, again.fd(), client->connect("example.com", one.session().ticket()));
    REQUIRE(other.shake_hands());
    CHECK_FALSE(other.session().was_resumed());
}

TEST_CASE("much goes both ways over TLS, whole and in order") {
    Secured secured;
    auto& fixture = secured.fixture;
    const Peer socket(Protocol::tls, secured.address.bound);
    TlsPeer peer = secured.peer(socket);
    REQUIRE(peer.shake_hands());
    const std::string body(3000, 'x');
    std::string all;
    for (int i = 0; i < 100; ++i) {
        peer.send(message(i, body));
        all += message(i, body);
    }
    REQUIRE(peer.until([&] { return fixture.sink.arrivals.size() == 100; }));

    const Flow flow = fixture.sink.arrivals[0].flow;
    for (int i = 0; i < 100; ++i) CHECK(fixture.network.send(flow, message(i, body)));

    CHECK(peer.receives(all));
    for (int i = 0; i < 100; ++i) CHECK(fixture.sink.arrivals[i].bytes == message(i, body));
}

TEST_CASE("a peer that does not read is closed at the limit of its buffer, encrypted or not yet") {
    Secured secured({.out_buffer = 64 << 10});
    auto& fixture = secured.fixture;
    const Peer socket(Protocol::tls, secured.address.bound);
    TlsPeer peer = secured.peer(socket);
    REQUIRE(peer.shake_hands());
    peer.send(message(1));
    REQUIRE(peer.until([&] { return fixture.sink.arrivals.size() == 1; }));
    const Flow flow = fixture.sink.arrivals[0].flow;

    CHECK(fixture.network.send(flow, std::string(60 << 10, 'x')));
    CHECK_FALSE(fixture.network.send(flow, std::string(60 << 10, 'x')));
    fixture.settle();

    CHECK(fixture.sink.closed == std::vector<Flow>{flow});
}

TEST_CASE("RFC 6066 3: the host that is named gets its own certificate, others the first") {
    Secured secured;
    secured.fixture.network.secure(context_of(
        {.pairs = {secured.authority.issue(), secured.authority.issue({.names = "DNS:b.test"})}}));

    for (const char* domain : {"example.com", "b.test"}) {
        CAPTURE(domain);
        const Peer socket(Protocol::tls, secured.address.bound);
        TlsPeer peer = secured.peer(socket, domain);
        CHECK(peer.shake_hands());
    }
    const Peer socket(Protocol::tls, secured.address.bound);
    TlsPeer other = secured.peer(socket, "c.test");
    CHECK_FALSE(other.shake_hands());
    CHECK(other.why == "the certificate is for example.com, not for c.test");
}

TEST_CASE("new certificates are shown to new connections, and old ones stay") {
    Secured secured;
    auto& fixture = secured.fixture;
    const Peer socket(Protocol::tls, secured.address.bound);
    TlsPeer old = secured.peer(socket);
    REQUIRE(old.shake_hands());

    fixture.network.secure(
        context_of({.pairs = {secured.authority.issue({.names = "DNS:renewed.test"})}}));
    old.send(message(1));
    REQUIRE(old.until([&] { return fixture.sink.arrivals.size() == 1; }));
    fixture.network.send(fixture.sink.arrivals[0].flow, "answer");

    CHECK(old.receives("answer"));
    const Peer second(Protocol::tls, secured.address.bound);
    TlsPeer fresh = secured.peer(second, "renewed.test");
    CHECK(fresh.shake_hands());
}

TEST_CASE("what is no TLS is told so, counted and closed") {
    Secured secured;
    auto& fixture = secured.fixture;
    for (const std::string& garbage :
         {std::string("OPTIONS sip:a@b SIP/2.0\r\n\r\n"), std::string(5000, '\0'),
          std::string("\x16\x03\x01\xff\xff\x01", 6) + std::string(70'000, 'x'),
          std::string("\x16\x03\x01\x00\x04\x01\x00\x00\x00", 9)}) {
        const Peer peer(Protocol::tls, secured.address.bound);
        const auto before = secured.failures("protocol");
        static_cast<void>(::send(peer.fd(), garbage.data(), garbage.size(), MSG_NOSIGNAL));
        CHECK(fixture.until([&] { return secured.failures("protocol") == before + 1; }));
        fixture.settle();
        // An alert, where there was a record to answer; then the end.
        static_cast<void>(peer.receive_all(1000));
        CHECK(fixture.sink.arrivals.empty());
    }
    fixture.clock.advance(3s);
    CHECK(fixture.until([&] { return fixture.metric("herald_sip_connections") == 0; }));
}

TEST_CASE("a handshake that stands still is given up, one byte at a time too") {
    Secured secured;
    auto& fixture = secured.fixture;
    const Peer silent(Protocol::tls, secured.address.bound);
    const Peer slow(Protocol::tls, secured.address.bound);
    std::string hello;
    const auto session = secured.client()->connect("example.com");
    REQUIRE(session->begin(hello));
    REQUIRE(fixture.until([&] { return fixture.metric("herald_sip_connections") == 2; }));
    for (int i = 0; i < 9; ++i) {
        slow.send(hello.substr(i, 1));
        fixture.settle();
        fixture.clock.advance(1s);
        fixture.settle();
    }
    CHECK(fixture.metric("herald_sip_connections") == 2);

    fixture.clock.advance(1s);
    fixture.settle();

    CHECK(secured.failures("timeout") == 2);
    fixture.clock.advance(3s);
    fixture.settle();
    CHECK(fixture.metric("herald_sip_connections") == 0);
}

TEST_CASE("half a record counts as an unfinished message, and is not waited for for ever") {
    const auto limits = std::make_shared<StreamLimits>(StreamLimits::Most());
    Secured secured({.streams = limits});
    auto& fixture = secured.fixture;
    const Peer socket(Protocol::tls, secured.address.bound);
    TlsPeer peer = secured.peer(socket);
    REQUIRE(peer.shake_hands());
    peer.send(message(1));
    REQUIRE(peer.until([&] { return fixture.sink.arrivals.size() == 1; }));
    CHECK(limits->bytes() == 0);
    std::string record;
    REQUIRE(peer.session().send(message(2), record));

    socket.send(record.substr(0, 20));
    REQUIRE(fixture.until([&] { return limits->bytes() > 16 << 10; }));
    fixture.clock.advance(31s);

    CHECK(fixture.until([&] { return fixture.sink.closed.size() == 1; }));
    CHECK(limits->bytes() == 0);
}

TEST_CASE("many handshakes at once are spread over turns, and all are done") {
    Secured secured;
    std::vector<Peer> sockets;
    std::vector<TlsPeer> peers;
    for (int i = 0; i < 30; ++i) sockets.emplace_back(Protocol::tls, secured.address.bound);
    for (const Peer& socket : sockets) peers.push_back(secured.peer(socket));
    secured.fixture.loop.turn(1ms);
    secured.fixture.loop.turn(1ms);
    secured.fixture.loop.turn(1ms);
    CHECK(secured.fixture.metric("herald_tls_handshakes_total") == 0);

    for (TlsPeer& peer : peers) CHECK(peer.shake_hands());
}

TEST_CASE("the other end says goodbye, and the connection ends with what was on its way") {
    Secured secured;
    auto& fixture = secured.fixture;
    const Peer socket(Protocol::tls, secured.address.bound);
    fixture.sink.reply = [&](const Flow& flow) { fixture.network.send(flow, "answer"); };
    TlsPeer peer = secured.peer(socket);
    REQUIRE(peer.shake_hands());

    std::string last;
    REQUIRE(peer.session().send(message(1), last));
    peer.session().end(last);
    socket.send(last);

    CHECK(peer.until([&] { return peer.is_closed; }));
    CHECK(peer.plain == "answer");
    CHECK(peer.session().has_ended());
    CHECK(fixture.sink.closed.size() == 1);
}

TEST_CASE("RFC 5922 7.3: who we connect to must prove to be the domain that led there") {
    Outgoing outgoing;
    auto& fixture = outgoing.secured.fixture;
    const auto flow = outgoing.open("pbx.example.com");
    REQUIRE_MESSAGE(flow, text_of(flow));
    CHECK(fixture.network.send(*flow, message(1)));
    fixture.settle();
    TlsPeer server =
        outgoing.accept(outgoing.secured.authority.issue({.names = "URI:sip:pbx.example.com"}));

    CHECK(server.receives(message(1)));
    server.send(message(2));
    CHECK(server.until([&] { return fixture.sink.arrivals.size() == 1; }));

    SUBCASE("RFC 5923: for that domain the connection is used again") {
        const auto again = outgoing.open("PBX.example.com");
        REQUIRE(again);
        CHECK(*again == *flow);
    }
    SUBCASE("for another one it is not, be it the same address") {
        const auto other = outgoing.open("other.example.com");
        REQUIRE(other);
        CHECK(*other != *flow);
    }
}

TEST_CASE("a certificate that is not good enough closes the connection, and says why once") {
    const struct {
        const char* what;
        Authority::Wanted wanted;
        bool is_of_stranger;
    } cases[] = {
        {"another name", {.names = "DNS:other.test"}, false},
        {"a wildcard", {.names = "DNS:*.example.com"}, false},
        {"expired", {.names = "DNS:pbx.example.com", .days = -1}, false},
        {"self-signed", {.names = "DNS:pbx.example.com", .is_self = true}, false},
        {"an authority nobody knows", {.names = "DNS:pbx.example.com"}, true},
        {"for another use", {.names = "DNS:pbx.example.com", .usage = "codeSigning"}, false},
    };
    for (const auto& its : cases) {
        CAPTURE(its.what);
        Outgoing outgoing;
        auto& fixture = outgoing.secured.fixture;
        const Authority stranger;
        const auto flow = outgoing.open("pbx.example.com");
        REQUIRE_MESSAGE(flow, text_of(flow));
        CHECK(fixture.network.send(*flow, message(1)));
        fixture.settle();
        const Authority& authority = its.is_of_stranger ? stranger : outgoing.secured.authority;
        TlsPeer server = outgoing.accept(authority.issue(its.wanted));

        CHECK(server.until([&] { return !server.why.empty(); }));

        CHECK(server.plain.empty());
        CHECK(fixture.sink.closed == std::vector<Flow>{*flow});
        CHECK(outgoing.secured.failures("certificate") == 1);
        CHECK_FALSE(fixture.network.is_open(*flow));
    }
}

TEST_CASE("RFC 5923: a connection that came by itself is nobody's for new requests") {
    Secured secured;
    auto& fixture = secured.fixture;
    const Peer socket(Protocol::tls, secured.address.bound);
    TlsPeer peer = secured.peer(socket);
    REQUIRE(peer.shake_hands());
    peer.send(message(1));
    REQUIRE(peer.until([&] { return fixture.sink.arrivals.size() == 1; }));

    const auto flow = fixture.network.open(Protocol::tls, socket.endpoint(), "example.com");

    REQUIRE(flow);
    CHECK(*flow != fixture.sink.arrivals[0].flow);
}

namespace {

/// Listeners that ask their clients for nothing, for a certificate if they have one, and for one.
struct Asking {
    Asking() : fixture({.clients = known, .tls = context()}) {
        for (const auto clients :
             {ClientCertificates::none, ClientCertificates::ask, ClientCertificates::require}) {
            const auto address = fixture.network.listen(
                Protocol::tls, *Endpoint::from("127.0.0.1", 0), {}, true, clients);
            REQUIRE(address);
            listeners.push_back(address->bound);
        }
    }
    std::shared_ptr<const TlsContext> context() const {
        return context_of({.pairs = {authority.issue()},
                           .peers_ca = authority.file(),
                           .clients_ca = authority.file()});
    }
    /// Whom the server knows its client by, after a message: "" for nobody, "refused".
    std::string client_of(std::size_t listener, const TlsFiles& files) {
        const Peer socket(Protocol::tls, listeners[listener]);
        TlsPeer peer(fixture, socket.fd(), context_of(files)->connect("example.com"));
        if (!peer.shake_hands()) return "refused";
        const auto before = fixture.sink.arrivals.size();
        peer.send(message(1));
        const bool is_heard = peer.until([&] {
            return fixture.sink.arrivals.size() > before || !peer.why.empty() || peer.is_closed;
        });
        if (!is_heard || fixture.sink.arrivals.size() == before) return "refused";
        const auto names = known->find(fixture.sink.arrivals.back().flow);
        return names ? shown(*names) : std::string();
    }

    Authority authority;
    std::shared_ptr<KnownClients> known = std::make_shared<KnownClients>();
    NetworkFixture fixture;
    std::vector<Endpoint> listeners;
};

}  // namespace

TEST_CASE("RFC 5922 7.4: a client is known by its certificate where its listener asks for one") {
    Asking asking;
    const TlsFiles bare{.peers_ca = asking.authority.file()};
    TlsFiles good = bare;
    good.pairs = {asking.authority.issue({.names = "URI:sip:alice@example.com"})};

    CHECK(asking.client_of(0, bare).empty());
    CHECK(asking.client_of(0, good).empty());
    CHECK(asking.client_of(1, bare).empty());
    CHECK(asking.client_of(1, good) == "sip:alice@example.com");
    CHECK(asking.client_of(2, bare) == "refused");
    CHECK(asking.client_of(2, good) == "sip:alice@example.com");
    CHECK(asking.fixture.until([&] { return asking.known->size() == 0; }));
}

TEST_CASE("a client certificate that is not good is none, and its connection is closed") {
    Asking asking;
    const Authority stranger;
    TlsFiles files{.peers_ca = asking.authority.file()};
    for (const TlsPair& pair :
         {asking.authority.issue({.days = -1}), asking.authority.issue({.is_self = true}),
          stranger.issue(), asking.authority.issue({.usage = "emailProtection"})}) {
        files.pairs = {pair};
        CHECK(asking.client_of(1, files) == "refused");
        CHECK(asking.client_of(2, files) == "refused");
    }
    CHECK(asking.known->size() == 0);
}

TEST_CASE("files that do not do are named, with what is wrong") {
    const Authority authority;
    const TlsPair good = authority.issue();
    const auto fault_of = [](const TlsFiles& files) {
        const auto context = TlsContext::load(files);
        return context ? std::string() : context.fault().detail;
    };
    const std::string none = authority.path("none.pem");

    CHECK(fault_of({.pairs = {good}, .peers_ca = authority.file()}).empty());
    CHECK(fault_of({.pairs = {{none, good.key}}}).rfind(none + " holds no certificate", 0) == 0);
    CHECK(fault_of({.pairs = {{good.certificate, authority.issue().key}}}).find("holds no key") !=
          std::string::npos);
    CHECK(fault_of({.pairs = {good}, .peers_ca = good.key}).rfind(good.key, 0) == 0);
}

}  // namespace herald::sip::tls_test
