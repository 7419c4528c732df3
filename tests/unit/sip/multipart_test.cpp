// tests/unit/sip/multipart_test.cpp: bodies of one part and of many.
#include "sip/multipart.h"

#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

#include "tests/support/places.h"

namespace herald::sip::multipart_test {
namespace {

struct Sent {
    Sent(const std::string& headers, const std::string& body)
        : text(
              "MESSAGE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@h>;tag=1\r\n"
              "To: <sip:b@h>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n" +
              headers + "\r\n" + body) {
        result = parse(std::span<char>(text), Framing::datagram);
        REQUIRE(result.error == ParseOutcome::Error::none);
    }
    Result<BodyPart> body() const { return parse_body(result.message); }

    std::string text;
    ParseResult result;
};

}  // namespace

TEST_CASE("RFC 3261 20.11: a plain body is one part, to be rendered, required") {
    const Sent sent("Content-Type: Text/Plain;charset=utf-8\r\n", "hello");
    const auto body = sent.body();
    REQUIRE(body);
    CHECK(body->type == "text/plain");
    CHECK(body->disposition == "render");
    CHECK(body->is_required);
    CHECK(body->content == "hello");
    CHECK_FALSE(body->is_multipart());

    const auto session = Sent("Content-Type: application/sdp\r\n", "v=0").body();
    CHECK(session->disposition == "session");
    const Sent optional(
        "Content-Type: a/b\r\nContent-Encoding: GZIP\r\n"
        "Content-Disposition: Icon ; handling=\"OPTIONAL\"\r\n",
        "x");
    CHECK(optional.body()->disposition == "icon");
    CHECK(optional.body()->encoding == "gzip");
    CHECK_FALSE(optional.body()->is_required);
    CHECK(Sent("", "").body()->content.empty());
}

TEST_CASE("RFC 5621 4.2: nested multiparts, with octets of any kind") {
    const std::string inner = "--in\r\n\r\nplain\r\n--in\r\nc: a/B\r\n\r\n" +
                              std::string("\0\r\n\0", 4) + "\r\n--in--\r\n";
    const Sent sent(
        "Content-Type: multipart/x-own;\r\n boundary=\"out er\"\r\n",
        "preamble\r\n--out er  \r\nContent-Type: multipart/alternative;\r\n boundary=in\r\n"
        "Content-ID: <1@h>\r\nContent-Disposition: x;handling=optional\r\n\r\n" +
            inner +
            "\r\n--out er\r\nContent-Type: text/plain\r\n\r\n--out erx\r\n"
            "--out er--\r\nepilogue");
    const auto body = sent.body();
    REQUIRE(body);
    REQUIRE(body->parts.size() == 2);
    const BodyPart& nested = body->parts[0];
    CHECK(nested.type == "multipart/alternative");
    CHECK(nested.content_id == "<1@h>");
    CHECK_FALSE(nested.is_required);
    REQUIRE(nested.parts.size() == 2);
    CHECK(nested.parts[0].type.empty());
    CHECK(nested.parts[0].content == "plain");
    CHECK(nested.parts[1].type == "a/b");
    CHECK(nested.parts[1].content == std::string_view("\0\r\n\0", 4));
    CHECK(body->parts[1].content == "--out erx");
}

TEST_CASE("RFC 5621 4.2: broken multiparts are refused") {
    const std::string type = "Content-Type: multipart/mixed";
    CHECK(Sent(type + "\r\n", "--b--").body().fault().detail == "Multipart without boundary");
    CHECK_FALSE(Sent(type + ";boundary=" + std::string(71, 'b') + "\r\n", "x").body());
    CHECK(Sent(type + ";boundary=b\r\n", "--b\r\n\r\nx").body().fault().detail ==
          "Multipart does not end");
    CHECK_FALSE(Sent(type + ";boundary=b\r\n", "--b--\r\n").body());
    CHECK_FALSE(Sent("Content-Type: nonsense\r\n", "x").body());
}

TEST_CASE("RFC 5621 4.2: a multipart has 64 parts at most and is nested four deep") {
    const auto sent = [](const std::string& text) {
        return Sent("Content-Type: multipart/mixed;boundary=a\r\n", text);
    };
    const auto wide = [](int parts) {
        std::string text;
        for (int i = 0; i < parts; ++i) text += "--a\r\n\r\nx\r\n";
        return text + "--a--";
    };
    const auto deep = [](int levels) {
        std::string text = "x";
        std::string headers;
        for (char boundary = static_cast<char>('a' + levels - 1); boundary >= 'a'; --boundary) {
            const std::string mark = std::string("--") + boundary;
            text = mark + "\r\n" + headers + "\r\n" + text + "\r\n" + mark + "--";
            headers = std::string("Content-Type: multipart/mixed;boundary=") + boundary + "\r\n";
        }
        return text;
    };

    const Sent widest = sent(wide(64));
    REQUIRE(widest.body());
    CHECK(widest.body()->parts.size() == 64);
    CHECK_FALSE(sent(wide(65)).body());
    const Sent deepest = sent(deep(4));
    REQUIRE(deepest.body());
    CHECK(deepest.body()->parts[0].parts[0].parts[0].parts[0].content == "x");
    CHECK(sent(deep(5)).body().fault().detail == "Multipart nested too deep");
}

TEST_CASE("RFC 4475 3.1.1.11: a multipart body with a signature of octets") {
    std::ifstream file(testing::in_clone("tests/vectors/sip/rfc4475/mpart01.dat"),
                       std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    const ParseResult result = parse(std::span<char>(text), Framing::datagram);
    const auto body = parse_body(result.message);
    REQUIRE(body);
    REQUIRE(body->parts.size() == 2);
    CHECK(body->parts[0].type == "text/plain");
    CHECK(body->parts[0].content == "Hello");
    CHECK(body->parts[1].type == "application/octet-stream");
    CHECK(body->parts[1].content.find('\0') != std::string_view::npos);
}

}  // namespace herald::sip::multipart_test
