// tests/unit/sip/torture_test.cpp: the torture messages of RFC 4475 and RFC 5118, each with its
// verdict.
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sip/answer.h"
#include "sip/fields.h"
#include "sip/framer.h"
#include "sip/message.h"
#include "sip/uri.h"
#include "tests/support/places.h"

namespace herald::sip::torture_test {

using Error = ParseOutcome::Error;

namespace {

std::string vector_text(const std::string& name) {
    std::ifstream file(testing::in_clone("tests/vectors/sip/" + name + ".dat"), std::ios::binary);
    REQUIRE_MESSAGE(file.good(), name);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// A vector as one datagram, with the bytes its message points into.
struct Vector {
    explicit Vector(const std::string& name) : text(vector_text(name)) {
        result = parse(std::span<char>(text), Framing::datagram);
    }
    const Message& message() const { return result.message; }

    std::string text;
    ParseResult result;
};

struct Verdict {
    const char* name;
    Error error;
    int status;
    const char* reason;
};

void check(const Verdict& verdict) {
    CAPTURE(verdict.name);
    const Vector vector(verdict.name);
    CHECK(vector.result.error == verdict.error);
    CHECK(vector.result.answer_status == verdict.status);
    CHECK(std::string(vector.result.reason) == verdict.reason);
}

}  // namespace

TEST_CASE("RFC 4475 3.1, 3.3: messages that are well-formed, however odd, are read") {
    for (const char* name :
         {"wsinv",  "intmeth",    "esc01",      "escnull",  "esc02",    "lwsdisp",  "longreq",
          "dblreq", "semiuri",    "transports", "mpart01",  "unreason", "noreason", "badbranch",
          "trws",   "baddate",    "cparam01",   "cparam02", "regescrt", "inv2543",  "invut",
          "sdp01",  "novelsc",    "unkscm",     "unksm2",   "bext01",   "regaut01", "zeromf",
          "bcast",  "mismatch02", "badaspec",   "regbadct"}) {
        check({(std::string("rfc4475/") + name).c_str(), Error::none, 0, ""});
    }
}

TEST_CASE("RFC 4475 3.1.2, 3.3: a broken request gets a 400 that names the fault") {
    for (const Verdict& verdict : {
             Verdict{"rfc4475/badinv01", Error::malformed, 400, "Malformed Via parameter"},
             Verdict{"rfc4475/ncl", Error::malformed, 400, "Malformed Content-Length"},
             Verdict{"rfc4475/quotbal", Error::malformed, 400, "Unterminated quoted string"},
             Verdict{"rfc4475/ltgtruri", Error::malformed, 400, "Malformed Request-URI"},
             Verdict{"rfc4475/lwsruri", Error::malformed, 400, "Malformed Request-URI"},
             Verdict{"rfc4475/lwsstart", Error::malformed, 400, "Malformed Request-URI"},
             Verdict{"rfc4475/escruri", Error::malformed, 400, "Request-URI with headers"},
             Verdict{"rfc4475/mismatch01", Error::malformed, 400,
                     "CSeq method differs from request"},
             Verdict{"rfc4475/insuf", Error::malformed, 400, "Missing Call-ID"},
             Verdict{"rfc4475/multi01", Error::malformed, 400, "Duplicate CSeq"},
             Verdict{"rfc4475/scalar02", Error::malformed, 400, "CSeq out of range"},
             Verdict{"rfc4475/mcl01", Error::malformed, 400, "Duplicate Content-Length"},
             Verdict{"rfc4475/clerr", Error::malformed, 400, "Content-Length beyond the message"},
             Verdict{"rfc4475/baddn", Error::malformed, 400, "Headers do not end"},
             Verdict{"rfc4475/badvers", Error::version, 505, "Version not supported"},
         }) {
        check(verdict);
    }
}

TEST_CASE("RFC 4475 3.1.2.5, 3.1.2.19: responses with numbers out of range are dropped") {
    check({"rfc4475/bigcode", Error::drop, 0, "Bad status code"});
    check({"rfc4475/scalarlg", Error::drop, 0, "CSeq out of range"});
}

TEST_CASE("RFC 4475: every refused request can be answered from what was read of it") {
    const Endpoint source = *Endpoint::from("192.0.2.77", 5060);
    for (const char* name :
         {"badinv01", "ncl", "quotbal", "ltgtruri", "lwsruri", "lwsstart", "escruri", "mismatch01",
          "insuf", "multi01", "scalar02", "mcl01", "clerr", "baddn", "badvers"}) {
        CAPTURE(name);
        const Vector vector(std::string("rfc4475/") + name);
        Answer refusal;
        refusal.status = vector.result.answer_status;
        refusal.reason = vector.result.reason;

        std::string out;
        append_response(out, vector.message(), source, refusal, "", "derived");
        std::string again = out;
        const ParseResult read = parse(std::span<char>(again), Framing::stream);

        CHECK(out.find("SIP/2.0 " + std::to_string(refusal.status) + " ") == 0);
        CHECK(out.find("\r\nVia: ") != std::string::npos);
        CHECK(read.message.status() == refusal.status);
    }
}

TEST_CASE("RFC 4475 3.1.1.1: a short tortuous INVITE means what it says") {
    const Vector vector("rfc4475/wsinv");
    const Message& message = vector.message();

    CHECK(message.method() == Method::invite);
    CHECK(message.request_uri() == "sip:vivekg@chair-dnrc.example.com;unknownparam");
    CHECK(message.to_tag() == "1918181833n");
    CHECK(message.from_tag() == "98asjd8");
    CHECK(message.cseq() == 9);
    CHECK(message.header(Header::max_forwards) == "0068");
    CHECK(message.via().host == "192.0.2.2");
    CHECK(message.via().branch == "390skdjuw");
    CHECK(message.list(Header::via).size() == 3);
    CHECK(message.list(Header::contact).size() == 1);
    CHECK(message.list(Header::route).size() == 1);
    CHECK(message.header("newfangledheader") == "newfangled value   continued newfangled value");
    CHECK(message.header("UnknownHeaderWithUnusualValue") == ";;,,;;,;");
    CHECK(message.header(Header::subscription_state) == std::nullopt);
    CHECK(unquote(parse_name_address(message.from())->display_name) == "J Rosenberg \\\\\\\"");
    CHECK(message.body().size() == 150);
}

TEST_CASE("RFC 4475 3.1.1.2: every character a token may hold stands in method and names") {
    const Vector vector("rfc4475/intmeth");
    const Message& message = vector.message();

    CHECK(message.method() == Method::unknown);
    CHECK(message.method_text() == "!interesting-Method0123456789_*+`.%indeed'~");
    const auto uri = parse_uri(message.request_uri());
    REQUIRE(uri);
    CHECK(uri->user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
    CHECK(uri->password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
    CHECK(uri->host == "example.com");
    CHECK(message.from_tag() == "_token~1'+`*%!-.");
}

TEST_CASE("RFC 4475 3.1.1.3, 3.1.1.4, 3.1.1.5: escapes are read once, NUL is a character") {
    const Vector escaped("rfc4475/esc01");
    const auto uri = parse_uri(escaped.message().request_uri());
    REQUIRE(uri);
    CHECK(canonical_aor(*uri) == "sip:sips%3Auser%40example.com@example.net");

    const Vector null("rfc4475/escnull");
    const auto contacts = null.message().list(Header::contact);
    REQUIRE(contacts.size() == 2);
    const auto one = parse_uri(parse_name_address(contacts[0])->uri);
    const auto two = parse_uri(parse_name_address(contacts[1])->uri);
    REQUIRE(one);
    REQUIRE(two);
    CHECK(canonical_aor(*one) == "sip:%00@host5.example.com");
    CHECK(canonical_aor(*two) == "sip:%00%00@host5.example.com");

    CHECK(Vector("rfc4475/esc02").message().method_text() == "RE%47IST%45R");
}

TEST_CASE("RFC 4475 3.1.1.8: of two requests in one datagram the first is read") {
    const Vector vector("rfc4475/dblreq");

    CHECK(vector.message().method() == Method::register_);
    CHECK(vector.message().body().empty());
    CHECK(vector.message().bytes().size() < vector.text.size());
}

TEST_CASE("RFC 4475 3.1.1.8: of two requests in a stream both are read") {
    const std::string text = vector_text("rfc4475/dblreq");
    Framer framer;
    framer.append(text);

    // The body of the second is longer than it says; what is left over is no message.
    std::vector<Method> methods;
    while (auto event = framer.next()) {
        if (event->kind != StreamEvent::Kind::message) break;
        const ParseResult result = parse(event->bytes, Framing::stream);
        CHECK(result.error == Error::none);
        methods.push_back(result.message.method());
    }

    CHECK(methods == std::vector{Method::register_, Method::invite});
}

TEST_CASE("RFC 4475 3.1.1.9: semicolons in a user part are not parameters") {
    const Vector vector("rfc4475/semiuri");
    const auto uri = parse_uri(vector.message().request_uri());
    REQUIRE(uri);
    CHECK(uri->user == "user;par=u%40example.net");
    CHECK(uri->host == "example.com");
    CHECK(uri->parameters.empty());
}

TEST_CASE("RFC 4475 3.1.1.10: Vias of any transport are listed in order") {
    const Vector vector("rfc4475/transports");
    CHECK(vector.message().list(Header::via).size() == 5);
    CHECK(vector.message().via().transport == "UDP");
}

TEST_CASE("RFC 4475 3.1.1.12, 3.1.1.13: reason phrases may hold anything or nothing") {
    CHECK(Vector("rfc4475/noreason").message().reason().empty());
    CHECK(Vector("rfc4475/noreason").message().status() == 100);
    const Vector vector("rfc4475/unreason");
    CHECK(vector.message().reason().substr(0, 6) == "= 2**3");
}

TEST_CASE("RFC 4475 3.1.2.13: an addr-spec with ? needs <> in Contact") {
    const Vector vector("rfc4475/regbadct");
    const auto contacts = vector.message().list(Header::contact);
    REQUIRE(contacts.size() == 1);
    CHECK_FALSE(parse_name_address(contacts.front()));
}

TEST_CASE(
    "RFC 4475 3.1.2.2, 3.3.9: a stream is closed after conflicting lengths and waits for a "
    "body that does not come") {
    Framer framer;
    framer.append(vector_text("rfc4475/mcl01"));
    const auto event = framer.next();
    REQUIRE(event);
    CHECK(event->kind == StreamEvent::Kind::unframeable);
    CHECK(event->why == Error::malformed);
    CHECK(parse(event->bytes, Framing::stream).answer_status == 400);

    Framer waiting;
    waiting.append(vector_text("rfc4475/clerr"));
    CHECK_FALSE(waiting.next());
    CHECK(waiting.is_partial());
}

TEST_CASE(
    "RFC 4475 3.3.7, 3.3.12: parameters of a Contact belong to the header without <>, to the "
    "URI inside") {
    const Vector outside("rfc4475/cparam01");
    const auto bare = parse_name_address(*outside.message().header(Header::contact));
    REQUIRE(bare);
    CHECK(bare->uri == "sip:+19725552222@gw1.example.net");
    CHECK(bare->parameter("unknownparam").has_value());

    const Vector inside("rfc4475/cparam02");
    const auto bracketed = parse_name_address(*inside.message().header(Header::contact));
    REQUIRE(bracketed);
    CHECK(bracketed->parameters.empty());
    CHECK(parse_uri(bracketed->uri)->parameter("unknownparam").has_value());
}

TEST_CASE("RFC 5118 4: IPv6 in Request-URI, Via, Contact and received") {
    for (const char* name :
         {"ipv6-good", "port-ambiguous", "port-unambiguous", "via-received-param-with-delim",
          "via-received-param-no-delim", "ipv6-in-sdp", "mult-ip-in-header", "mult-ip-in-sdp",
          "ipv4-mapped-ipv6", "ipv6-bug-abnf-3-colons", "ipv6-correct-abnf-2-colons"}) {
        check({(std::string("rfc5118/") + name).c_str(), Error::none, 0, ""});
    }
    check({"rfc5118/ipv6-bad", Error::malformed, 400, "Malformed Request-URI"});
}

TEST_CASE("RFC 5118 4.3, 4.4: a port stands outside the brackets") {
    const Vector inside("rfc5118/port-ambiguous");
    CHECK(parse_uri(inside.message().request_uri())->host == "2001:db8::10:5070");
    CHECK(parse_uri(inside.message().request_uri())->port == 0);
    const Vector outside("rfc5118/port-unambiguous");
    CHECK(parse_uri(outside.message().request_uri())->host == "2001:db8::10");
    CHECK(parse_uri(outside.message().request_uri())->port == 5070);
}

TEST_CASE("RFC 5118 4.5: received is read with and without brackets") {
    CHECK(Vector("rfc5118/via-received-param-with-delim").message().via().received ==
          "2001:db8::9:255");
    CHECK(Vector("rfc5118/via-received-param-no-delim").message().via().received ==
          "2001:db8::9:255");
}

TEST_CASE("RFC 5118 4.9: an IPv4-mapped address is the IPv4 address") {
    const Vector vector("rfc5118/ipv4-mapped-ipv6");
    const Via& via = vector.message().via();
    CHECK(via.port == 19823);
    CHECK(Endpoint::from(via.host, via.port) == Endpoint::from("192.0.2.10", 19823));
}

TEST_CASE("RFC 5118 4.10: three colons are read as two") {
    const Vector three("rfc5118/ipv6-bug-abnf-3-colons");
    const Vector two("rfc5118/ipv6-correct-abnf-2-colons");
    CHECK(canonical_aor(*parse_uri(three.message().request_uri())) ==
          canonical_aor(*parse_uri(two.message().request_uri())));
}

}  // namespace herald::sip::torture_test
