// tests/unit/sip/websocket_test.cpp: WebSocket frames and handshakes (RFC 6455, 7118), and a
// browser on a real socket.
#include "sip/websocket.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/certificates.h"
#include "tests/unit/sip/network_fixture.h"
#include "tests/unit/sip/tls_peer.h"

namespace herald::sip::websocket_test {

using namespace herald::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

std::string handshake(const std::string& more = {}, const std::string& protocols = "sip") {
    return "GET /ws HTTP/1.1\r\nHost: phone.example.com\r\nUpgrade: WebSocket\r\n"
           "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           "Sec-WebSocket-Protocol: " +
           protocols + "\r\nSec-WebSocket-Version: 13\r\n" + more + "\r\n";
}

/// A frame as a client sends it.
std::string frame(int first, const std::string& payload) {
    const std::string mask = "\x12\x34\x56\x78";
    std::string out(1, static_cast<char>(first));
    if (payload.size() <= 125) {
        out += static_cast<char>(0x80 | payload.size());
    } else if (payload.size() <= 0xffff) {
        out += static_cast<char>(0xfe);
        out += static_cast<char>(payload.size() >> 8);
        out += static_cast<char>(payload.size() & 0xff);
    } else {
        out += static_cast<char>(0xff);
        for (int shift = 56; shift >= 0; shift -= 8) {
            out += static_cast<char>(payload.size() >> shift & 0xff);
        }
    }
    out += mask;
    for (std::size_t i = 0; i < payload.size(); ++i) {
        out += static_cast<char>(payload[i] ^ mask[i % 4]);
    }
    return out;
}

std::string close_frame(int code) {
    return "\x88\x02"s + static_cast<char>(code >> 8) + static_cast<char>(code & 0xff);
}

/// One that is open, and what became of what it was given.
struct Open {
    explicit Open(ParseLimits limits = {}) : socket(limits, std::make_shared<WebSocketRules>()) {
        take(handshake());
        REQUIRE(socket.is_up());
        out.clear();
    }
    void take(std::string_view bytes) {
        socket.append(bytes);
        while (const auto event = socket.next(out)) {
            if (event->kind == StreamEvent::Kind::ended) ended = event->reason;
            if (event->kind == StreamEvent::Kind::ping) ++pings;
            if (event->kind == StreamEvent::Kind::message)
                messages.emplace_back(event->bytes.begin(), event->bytes.end());
        }
    }

    WebSocket socket;
    std::string out, ended;
    std::vector<std::string> messages;
    int pings = 0;
};

/// What `peer` has got once it is as much as `size`, or the connection has ended.
std::string heard(NetworkFixture& fixture, const Peer& peer, std::size_t size) {
    std::string all;
    fixture.until([&] {
        char room[4096];
        const ssize_t got =
            recv(peer.fd(), room, std::min(sizeof room, size - all.size()), MSG_DONTWAIT);
        if (got > 0) all.append(room, static_cast<std::size_t>(got));
        return got == 0 || all.size() == size;
    });
    return all;
}

std::string status_of(const std::string& head, const WebSocketRules& rules = {}) {
    return answer_handshake(head, rules).text.substr(9, 3);
}

std::string without(std::string text, const std::string& part) {
    const auto at = text.find(part);
    REQUIRE(at != std::string::npos);
    return text.erase(at, part.size());
}

}  // namespace

TEST_CASE("RFC 6455 1.3, RFC 7118 4: the handshake is answered, and sub-protocol sip is chosen") {
    const auto answer = answer_handshake(handshake({}, "chat, SIP"), {});

    CHECK(answer.text ==
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: "
          "sip\r\n\r\n");
    CHECK(std::string(answer.refusal).empty());
}

TEST_CASE("RFC 6455 4.2.1: a handshake that lacks something is refused") {
    CHECK(status_of("GET / HTTP/1.0\r\n\r\n") == "400");
    CHECK(status_of("\r\n\r\n") == "400");
    CHECK(status_of(without(handshake(), "Host: phone.example.com\r\n")) == "400");
    CHECK(status_of("POST" + handshake().substr(3)) == "405");
    CHECK(status_of(without(handshake(), "Upgrade: WebSocket\r\n")) == "426");
    CHECK(status_of(without(handshake(), ", Upgrade")) == "426");
    CHECK(status_of(without(handshake(), "3")) == "426");
    CHECK(status_of(without(handshake(), "Q==")) == "400");
    CHECK(status_of(handshake("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")) == "400");
    CHECK(status_of(handshake({}, "chat")) == "400");
    CHECK(status_of(handshake("broken\r\n")) == "400");
    CHECK(answer_handshake(without(handshake(), "3"), {}).text.find("Sec-WebSocket-Version: 13") !=
          std::string::npos);
}

TEST_CASE("RFC 6455 10.2: pages of other origins are refused, who names none is no page") {
    const WebSocketRules rules{.origins = {"https://phone.example.com"}};

    CHECK(status_of(handshake("Origin: https://phone.example.com\r\n"), rules) == "101");
    CHECK(status_of(handshake(), rules) == "101");
    CHECK(status_of(handshake("Origin: https://evil.example\r\n"), rules) == "403");
    CHECK(status_of(handshake("Origin: null\r\n"), rules) == "403");
    CHECK(status_of(handshake("Origin: https://phone.example.com\r\nOrigin: x\r\n"), rules) ==
          "403");
    CHECK(status_of(handshake("Origin: https://evil.example\r\n")) == "101");
}

TEST_CASE("RFC 7118 5: a message a frame, text or binary, of every length, byte by byte too") {
    for (const std::size_t size : {0U, 1U, 125U, 126U, 65535U, 65536U}) {
        CAPTURE(size);
        const std::string body(size, 'x');
        Open open;
        open.take(frame(0x81, "a" + body) + frame(0x82, "b\xff" + body));
        CHECK(open.messages == std::vector<std::string>{"a" + body, "b\xff" + body});
        CHECK(open.socket.memory() <= 2048);
        CHECK_FALSE(open.socket.is_partial());
    }
    Open slow;
    for (const char c : frame(0x81, message(1)) + frame(0x81, message(2))) slow.take({&c, 1});
    CHECK(slow.messages == std::vector<std::string>{message(1), message(2)});
}

TEST_CASE("RFC 6455 5.4: fragments make one message, control frames may stand between") {
    Open open;
    open.take(frame(0x01, "one ") + frame(0x89, "are you there"));
    CHECK(open.socket.is_partial());
    CHECK(open.out ==
          "\x8a\x0d"
          "are you there");
    open.take(frame(0x00, "") + frame(0x00, "two ") + frame(0x8a, "") + frame(0x80, "three"));
    open.take(frame(0x81, "four"));

    CHECK(open.messages == std::vector<std::string>{"one two three", "four"});
    CHECK_FALSE(open.socket.is_partial());
}

TEST_CASE("RFC 7118 6: line breaks alone keep alive") {
    Open open;
    open.take(frame(0x81, "\r\n\r\n") + frame(0x81, "\r\n") + frame(0x81, ""));
    open.take(frame(0x81, "message"));

    CHECK(open.pings == 1);
    CHECK(open.messages == std::vector<std::string>{"message"});
}

TEST_CASE("RFC 6455 7.4.1: a breach ends it with its code, and nothing after it is read") {
    const std::string bad_text = "\xc3\x28";
    const struct {
        std::string bytes;
        int code;
        const char* why;
    } cases[] = {
        {frame(0xc1, "x"), 1002, "reserved bits"},
        {frame(0x91, "x"), 1002, "reserved bits"},
        {frame(0x83, "x"), 1002, "reserved opcode"},
        {frame(0x8b, "x"), 1002, "reserved opcode"},
        {"\x81\x01x", 1002, "no mask"},
        {"\x81\xfe\x00\x01mask."s, 1002, "length"},
        {"\x81\xff\x00\x00\x00\x00\x00\x00\xff\xffmask"s, 1002, "length"},
        {"\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00mask"s, 1002, "length"},
        {"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xffmask"s, 1009, "message too large"},
        {frame(0x09, "x"), 1002, "control frame"},
        {frame(0x89, std::string(126, 'x')), 1002, "control frame"},
        {frame(0x80, "x"), 1002, "fragments"},
        {frame(0x01, "x") + frame(0x81, "y"), 1002, "fragments"},
        {frame(0x81, bad_text), 1007, "invalid text"},
        {frame(0x01, "\xc3") + frame(0x80, "\x28"), 1007, "invalid text"},
        {frame(0x88, "x"), 1002, "close code"},
        {frame(0x88, "\x03\xe7"), 1002, "close code"},
        {frame(0x88, "\x03\xed"), 1002, "close code"},
        {frame(0x88, "\x03\xe8" + bad_text), 1007, "invalid text"},
        {frame(0x88, ""), 1000, "closed"},
        {frame(0x88, "\x03\xe9"), 1001, "closed"},
        {frame(0x88, "\x0b\xb8"s + "bye"), 3000, "closed"},
    };
    for (const auto& its : cases) {
        CAPTURE(its.why);
        CAPTURE(its.code);
        Open open;
        open.take(its.bytes + frame(0x81, "later"));
        CHECK(open.ended == its.why);
        CHECK(open.out == close_frame(its.code));
        CHECK(open.messages.empty());
        open.take(frame(0x81, "later"));
        CHECK(open.messages.empty());
    }
}

TEST_CASE("fragments are held to the limit of a message together") {
    Open open({.message = 100, .body = 100});
    open.take(frame(0x01, std::string(150, 'x')));
    CHECK(open.ended.empty());

    open.take(frame(0x00, std::string(51, 'x')));

    CHECK(open.ended == "message too large");
    CHECK(open.out == close_frame(1009));
}

TEST_CASE("a handshake that does not end is refused") {
    WebSocket socket({}, std::make_shared<WebSocketRules>());
    std::string out;
    socket.append("GET / HTTP/1.1\r\nX: " + std::string(9000, 'x'));

    const auto event = socket.next(out);

    REQUIRE(event);
    CHECK(event->kind == StreamEvent::Kind::ended);
    CHECK(out.rfind("HTTP/1.1 431 ", 0) == 0);
    CHECK_FALSE(socket.is_up());
}

TEST_CASE(
    "RFC 7118: a browser's message comes in, the answer and new requests ride its connection") {
    NetworkFixture fixture;
    const ListenerAddress address = fixture.listen(Protocol::ws);
    const Peer peer(Protocol::ws, address.bound);
    peer.send(handshake());
    const std::string accepted = answer_handshake(handshake(), {}).text;
    CHECK(heard(fixture, peer, accepted.size()) == accepted);

    peer.send(frame(0x81, "OPTIONS sip:a@b SIP/2.0\r\n\r\n") + frame(0x81, "\r\n\r\n"));
    REQUIRE(fixture.until([&] { return !fixture.sink.arrivals.empty(); }));
    const auto& arrival = fixture.sink.arrivals[0];
    CHECK(arrival.framing == Framing::datagram);
    CHECK(arrival.flow.protocol == Protocol::ws);
    CHECK(fixture.network.send(arrival.flow, "answer"));
    CHECK(fixture.network.send(arrival.flow, std::string(200, 'y') + "\xff"));

    CHECK(heard(fixture, peer, 217) ==
          "\x81\x02\r\n\x81\x06"
          "answer\x82\x7e"s +
              '\0' + '\xc9' + std::string(200, 'y') + "\xff");
    CHECK_FALSE(fixture.network.open(Protocol::ws, peer.endpoint()));

    peer.send(frame(0x88, ""));
    CHECK(fixture.until([&] { return fixture.sink.closed.size() == 1; }));
    CHECK(heard(fixture, peer, 5) == close_frame(1000));
    CHECK(fixture.metric("herald_websocket_ended_total", "closed") == 1);
}

TEST_CASE("a WebSocket whose handshake does not come is given up, one that idles says goodbye") {
    NetworkFixture fixture({.idle_timeout = 60s});
    const ListenerAddress address = fixture.listen(Protocol::ws);
    const Peer silent(Protocol::ws, address.bound);
    const Peer idle(Protocol::ws, address.bound);
    idle.send(handshake() + frame(0x81, message(1)));
    REQUIRE(fixture.until([&] { return fixture.sink.arrivals.size() == 1; }));
    const std::string accepted = answer_handshake(handshake(), {}).text;
    CHECK(heard(fixture, idle, accepted.size()) == accepted);
    REQUIRE(fixture.until([&] { return fixture.metric("herald_sip_connections") == 2; }));

    fixture.clock.advance(11s);
    CHECK(fixture.until([&] { return fixture.sink.closed.size() == 1; }));
    CHECK(heard(fixture, silent, 1) == "");
    fixture.clock.advance(50s);

    CHECK(fixture.until([&] { return fixture.sink.closed.size() == 2; }));
    CHECK(heard(fixture, idle, 5) == close_frame(1001));
}

TEST_CASE("WebSocket within TLS") {
    const Authority authority;
    NetworkOptions options;
    options.tls = context_of({.pairs = {authority.issue()}});
    NetworkFixture fixture(options);
    const Peer socket(Protocol::wss, fixture.listen(Protocol::wss).bound);
    const auto trusting = context_of({.peers_ca = authority.file()});
    TlsPeer peer(fixture, socket.fd(), trusting->connect("example.com"));
    REQUIRE(peer.shake_hands());
    peer.send(handshake());
    const std::string accepted = answer_handshake(handshake(), {}).text;
    REQUIRE(peer.receives(accepted));

    fixture.sink.reply = [&](const Flow& flow) { fixture.network.send(flow, "answer"); };
    peer.send(frame(0x81, message(1)));

    CHECK(peer.receives(accepted + "\x81\x06" + "answer"));
    REQUIRE(fixture.sink.arrivals.size() == 1);
    CHECK(fixture.sink.arrivals[0].flow.protocol == Protocol::wss);
}

}  // namespace herald::sip::websocket_test
