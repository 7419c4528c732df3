// tests/unit/sip/framer_test.cpp: bytes in, messages out, whatever pieces they come in.
#include "sip/framer.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace herald::sip::framer_test {

using Kind = StreamEvent::Kind;
using Error = ParseOutcome::Error;

namespace {

const std::string kFirst =
    "MESSAGE sip:b@h SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 5\r\n\r\nhello";
const std::string kSecond = "SIP/2.0 200 OK\r\nl : 0\r\n\r\n";

/// All that comes out: messages as text, `*` for a ping, `!reason` for an unframeable.
std::vector<std::string> drain(Framer& framer) {
    std::vector<std::string> out;
    while (const auto event = framer.next()) {
        switch (event->kind) {
            case Kind::message:
                out.emplace_back(event->bytes.data(), event->bytes.size());
                break;
            case Kind::ping:
                out.emplace_back("*");
                break;
            case Kind::unframeable:
                out.push_back(std::string("!") + event->reason);
                break;
            case Kind::ended:
                out.emplace_back("a framer ends nothing");
                break;
        }
    }
    return out;
}

std::vector<std::string> framed(const std::string& stream, std::size_t piece,
                                ParseLimits limits = {}) {
    Framer framer(limits);
    std::vector<std::string> out;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        framer.append(std::string_view(stream).substr(at, piece));
        for (std::string& event : drain(framer)) out.push_back(std::move(event));
    }
    return out;
}

std::string refusal(const std::string& stream, ParseLimits limits = {}) {
    const std::vector<std::string> out = framed(stream, stream.size(), limits);
    return out.empty() ? "" : out.back();
}

using Events = std::vector<std::string>;

}  // namespace

TEST_CASE("RFC 3261 18.3: messages come out whole in pieces of any size") {
    const std::string stream = kFirst + kSecond + "\r\n\r\n" + kSecond + "\r\n" + kFirst;
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
        CAPTURE(piece);
        CHECK(framed(stream, piece) == Events{kFirst, kSecond, "*", kSecond, kFirst});
    }
}

TEST_CASE("RFC 5626 4.4.1: each double CRLF between messages is one ping") {
    for (std::size_t piece = 1; piece <= 8; ++piece) {
        CHECK(framed("\r\n\r\n\r\n\r\n" + kSecond, piece) == Events{"*", "*", kSecond});
        CHECK(framed("\r\n" + kSecond, piece) == Events{kSecond});
        CHECK(framed("\r\n\r\n\r\n" + kSecond, piece) == Events{"*", kSecond});
    }
    CHECK(framed("\n\n" + kSecond, 1) == Events{kSecond});
    CHECK(framed("\r\r\n\r" + kSecond, 1) == Events{kSecond});
}

TEST_CASE("RFC 5626 4.4.1: a CRLF in a body is no ping") {
    const std::string text = "MESSAGE sip:b@h SIP/2.0\r\nl:4\r\n\r\n\r\n\r\n";
    CHECK(framed(text + kSecond, 3) == Events{text, kSecond});
}

TEST_CASE("core 11: line ends of LF alone frame as well") {
    const std::string text = "MESSAGE sip:b@h SIP/2.0\nContent-Length: 2\n\nhi";
    CHECK(framed(text + kSecond, 1) == Events{text, kSecond});
}

TEST_CASE("RFC 3261 7.3.1: a folded Content-Length is read") {
    const std::string text = "MESSAGE sip:b@h SIP/2.0\r\nContent-Length:\r\n 2\r\n\r\nhi";
    CHECK(framed(text + kSecond, 1) == Events{text, kSecond});
}

TEST_CASE("RFC 3261 20.14: what cannot be framed ends the stream") {
    CHECK(refusal("MESSAGE sip:b@h SIP/2.0\r\n\r\n" + kFirst) == "!Missing Content-Length");
    CHECK(refusal("MESSAGE sip:b@h SIP/2.0\r\nl: x\r\n\r\n") == "!Malformed Content-Length");
    CHECK(refusal("MESSAGE sip:b@h SIP/2.0\r\nl: -1\r\n\r\n") == "!Malformed Content-Length");
    CHECK(refusal("MESSAGE sip:b@h SIP/2.0\r\nl: 1\r\n 2\r\n\r\n") == "!Malformed Content-Length");
    CHECK(refusal("MESSAGE sip:b@h SIP/2.0\r\nl: 1\r\nContent-length: 2\r\n\r\nabc") ==
          "!Conflicting Content-Length");
    CHECK(refusal("\x16\x03\x01") == "!Not a SIP message");
    CHECK(refusal(" MESSAGE sip:b@h SIP/2.0\r\n") == "!Not a SIP message");
}

TEST_CASE("RFC 3261 20.14: the same length twice is the message's fault, not the stream's") {
    const std::string text = "MESSAGE sip:b@h SIP/2.0\r\nl: 2\r\nl: 2\r\n\r\nhi";
    CHECK(framed(text + kSecond, 7) == Events{text, kSecond});
}

TEST_CASE("RFC 3261 21.4.11: limits of head and body; on a stream they add up") {
    const std::string start = "MESSAGE sip:b@h SIP/2.0\r\n";
    CHECK(refusal(start + "l: 11\r\n\r\n", {.body = 10}) == "!Body too large");
    CHECK(refusal(start + "l: 10\r\n\r\n0123456789", {.body = 10}).substr(0, 7) == "MESSAGE");
    CHECK(refusal(start + "l: 60\r\n\r\n", {.message = 30}) == "!Message too large");
    CHECK(refusal(start + std::string(80, 'x'), {.message = 80}) == "!Message too large");
    const std::string head = start + "l: 2\r\n\r\n";
    CHECK(refusal(head + "ab", {.message = head.size()}) == head + "ab");
    CHECK(refusal(head + "ab", {.message = head.size() - 1}) == "!Message too large");
    CHECK(refusal(start + "l: 4294967295\r\n\r\n") == "!Body too large");
    CHECK(refusal(start + "l: 99999999999999999999\r\n\r\n") == "!Body too large");
}

TEST_CASE("an unframeable stream says why and gives what an answer needs, then nothing more") {
    Framer framer({.message = 1000, .body = 10});
    framer.append("MESSAGE sip:b@h SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=b\r\nl: 11\r\n\r\nhello");

    const auto event = framer.next();

    REQUIRE(event);
    CHECK(event->kind == Kind::unframeable);
    CHECK(event->why == Error::body_too_large);
    const std::string_view bytes(event->bytes.data(), event->bytes.size());
    CHECK(bytes.substr(0, 7) == "MESSAGE");
    CHECK(bytes.substr(bytes.size() - 4) == "\r\n\r\n");
    CHECK(framer.is_unframeable());
    framer.append(kSecond);
    CHECK_FALSE(framer.next());
    CHECK_FALSE(framer.is_partial());
}

TEST_CASE("RFC 3261 18.3: an unfinished message is told from an idle stream") {
    Framer framer;
    CHECK_FALSE(framer.is_partial());
    framer.append("\r\n\r");
    CHECK(drain(framer).empty());
    CHECK_FALSE(framer.is_partial());
    framer.append("\nMESS");
    CHECK(drain(framer) == Events{"*"});
    CHECK(framer.is_partial());
    framer.append(kFirst.substr(4, kFirst.size() - 5));
    CHECK(drain(framer).empty());
    CHECK(framer.is_partial());
    CHECK(framer.buffered() == kFirst.size() - 1);
    framer.append("o");
    CHECK(drain(framer) == Events{kFirst});
    CHECK_FALSE(framer.is_partial());
    CHECK(framer.buffered() == 0);
}

TEST_CASE("a message may be changed in place while the rest of the stream waits") {
    Framer framer;
    framer.append(kFirst + kSecond);
    const auto event = framer.next();
    REQUIRE(event);
    for (char& c : event->bytes) c = '\n';
    CHECK(drain(framer) == Events{kSecond});
}

TEST_CASE("a long message byte by byte is framed in time that grows with its length only") {
    std::string text = "MESSAGE sip:b@h SIP/2.0\r\n";
    for (int i = 0; i < 1500; ++i)
        text += "X-Header-" + std::to_string(i) + ": some value here\r\n";
    text += "Content-Length: 3\r\n\r\nabc";
    CHECK(framed(text, 1) == Events{text});
}

}  // namespace herald::sip::framer_test
