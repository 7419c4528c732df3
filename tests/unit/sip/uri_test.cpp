// tests/unit/sip/uri_test.cpp: what is a URI, which are equal, and what key a resource gets.
#include "sip/uri.h"

#include <string>

#include <doctest/doctest.h>

namespace herald::sip::uri_test {
namespace {

Uri uri(std::string_view text) {
    const auto parsed = parse_uri(text);
    REQUIRE_MESSAGE(parsed.has_value(), text);
    return *parsed;
}

bool same(std::string_view a, std::string_view b) {
    const bool forth = equivalent(uri(a), uri(b));
    CHECK_MESSAGE(forth == equivalent(uri(b), uri(a)), a, " and ", b);
    return forth;
}

std::string aor(std::string_view text) {
    return canonical_aor(uri(text));
}

}  // namespace

TEST_CASE("RFC 3261 19.1.1: every part of a SIP URI is found") {
    const Uri parsed =
        uri("SIPS:Alice;x:secret@Example.com:5071;transport=TCP;lr?subject=a%20b&priority=urgent");

    CHECK(parsed.scheme == Scheme::sips);
    CHECK(parsed.scheme_text == "SIPS");
    CHECK(parsed.user == "Alice;x");
    CHECK(parsed.password == "secret");
    CHECK(parsed.host == "Example.com");
    CHECK(parsed.port == 5071);
    CHECK(parsed.parameters == "transport=TCP;lr");
    CHECK(parsed.headers == "subject=a%20b&priority=urgent");
    CHECK(parsed.parameter("Transport") == "TCP");
    CHECK(parsed.parameter("lr") == "");
    CHECK(parsed.parameter("maddr") == std::nullopt);
}

TEST_CASE("RFC 3261 19.1.1: user, port, parameters and headers may be absent") {
    CHECK_FALSE(uri("sip:example.com").has_user);
    CHECK(uri("sip:example.com").port == 0);
    CHECK(uri("sip:example.com?a=b").headers == "a=b");
    CHECK(uri("sip:192.0.2.1;lr").host == "192.0.2.1");
    CHECK(uri("sip:[2001:db8::1]:5070;lr").host == "2001:db8::1");
    CHECK(uri("sip:[2001:db8::1]").is_ipv6);
    CHECK(uri("sip:alice:@example.com").password.empty());
}

TEST_CASE("RFC 3261 25.1: what is no URI is refused") {
    for (const char* text : {"",
                             "alice",
                             ":alice",
                             "sip",
                             "sip:",
                             "sip:@example.com",
                             "sip:alice@",
                             "1sip:a@b",
                             "sip:a b@c",
                             "sip:a@b c",
                             "sip:a@b:",
                             "sip:a@b:0",
                             "sip:a@b:65536",
                             "sip:a@b:x",
                             "sip:a@b:5060x",
                             "sip:2001:db8::10",
                             "sip:[2001:db8::10",
                             "sip:[example.com]",
                             "sip:[192.0.2.1]",
                             "sip:[::1]x",
                             "sip:a%4@b",
                             "sip:a%zz@b",
                             "sip:a@b;;x",
                             "sip:a@b;=1",
                             "sip:a@b;x=\"q\"",
                             "sip:a@b?",
                             "sip:a@b?=x",
                             "sip:a@b;p=1;P=2",
                             "<sip:a@b>",
                             "sip:a@b;x=<",
                             "sip:a@b?x=\"",
                             "tel:",
                             "tel:-",
                             "tel:+x",
                             "pres:example.com",
                             "sip:a\x01@b",
                             "http://a\x7f",
                             "sip:.",
                             "sip:a@.b"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_uri(text));
    }
}

TEST_CASE("RFC 3966 3: other schemes keep their text") {
    CHECK(uri("tel:+1-201-555-0123;phone-context=example.com").scheme == Scheme::tel);
    CHECK(uri("tel:+1-201-555-0123").user == "+1-201-555-0123");
    CHECK(uri("nobodyKnowsThisScheme:totallyopaquecontent").scheme == Scheme::other);
    CHECK(uri("pres:alice@example.com").scheme == Scheme::pres);
    CHECK(uri("im:alice@example.com").host == "example.com");
}

TEST_CASE("a URI of very many parameters or headers is refused") {
    std::string parameters = "sip:a@b";
    std::string headers = "sip:a@b?h=1";
    for (int i = 0; i < 70; ++i) {
        parameters += ";p" + std::to_string(i);
        headers += "&h=1";
    }
    CHECK_FALSE(parse_uri(parameters));
    CHECK_FALSE(parse_uri(headers));
}

TEST_CASE("RFC 3261 19.1.4: pairs that are equal") {
    CHECK(same("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"));
    CHECK(same("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
    CHECK(same("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"));
    CHECK(same("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"));
    CHECK(same("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
               "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"));
    CHECK(same("sip:alice@atlanta.com?subject=project%20x&priority=urgent",
               "sip:alice@atlanta.com?priority=urgent&subject=project%20x"));
    CHECK(same("SIP:alice@example.com", "sip:alice@example.com"));
    CHECK(same("sip:a%3bb@example.com", "sip:a%3Bb@example.com"));
    CHECK(same("sip:alice@[2001:db8::1]", "sip:alice@[2001:DB8:0::1]"));
    CHECK(same("sip:alice@[::ffff:192.0.2.1]", "sip:alice@192.0.2.1"));
    CHECK(same("tel:+123", "TEL:+123"));
}

TEST_CASE("RFC 3261 19.1.4: pairs that are not equal") {
    CHECK_FALSE(same("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
    CHECK_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
    CHECK_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
    CHECK_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"));
    CHECK_FALSE(same("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"));
    CHECK_FALSE(same("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"));
    CHECK_FALSE(same("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"));
    CHECK_FALSE(same("sip:alice@example.com", "sips:alice@example.com"));
    CHECK_FALSE(same("sip:example.com", "sip:alice@example.com"));
    CHECK_FALSE(same("sip:alice@example.com", "sip:alice@example.com;user=phone"));
    CHECK_FALSE(same("sip:alice@example.com", "sip:alice@example.com;ttl=1"));
    CHECK_FALSE(same("sip:alice@example.com", "sip:alice@example.com;method=MESSAGE"));
    CHECK_FALSE(same("sip:alice@example.com", "sip:alice@example.com;maddr=192.0.2.1"));
    CHECK_FALSE(same("sip:alice@example.com?a=b", "sip:alice@example.com"));
    CHECK_FALSE(same("sip:alice@example.com?a=b&a=b", "sip:alice@example.com?a=b&c=d"));
    CHECK_FALSE(same("sip:a;b@example.com", "sip:a%3Bb@example.com"));
    CHECK_FALSE(same("sip:alice:one@example.com", "sip:alice:two@example.com"));
    CHECK_FALSE(same("tel:+123", "tel:+124"));
}

TEST_CASE("RFC 3261 10.3: one resource has one key") {
    CHECK(aor("sip:alice@example.com") == "sip:alice@example.com");
    CHECK(aor("SIPS:%61lice:pw@EXAMPLE.com.;user=phone;gr?x=y") == "sip:alice@example.com");
    CHECK(aor("sip:Alice@example.com") == "sip:Alice@example.com");
    CHECK(aor("sip:alice@example.com:5060") == "sip:alice@example.com");
    CHECK(aor("sips:alice@example.com:5061") == "sip:alice@example.com");
    CHECK(aor("sips:alice@example.com:5060") == "sip:alice@example.com");
    CHECK(aor("sip:alice@example.com:5061") == "sip:alice@example.com:5061");
    CHECK(aor("pres:alice@Example.com") == "sip:alice@example.com");
    CHECK(aor("im:alice@example.com") == "sip:alice@example.com");
    CHECK(aor("sip:example.com") == "sip:example.com");
    CHECK(aor("sip:a@[2001:DB8:0:0::1]:5070") == "sip:a@[2001:db8::1]:5070");
    CHECK(aor("tel:+1-201-555-0123") == "tel:+12015550123");
}

TEST_CASE("RFC 3261 19.1.2: a user part is decoded once, and a NUL cuts nothing off") {
    CHECK(aor("sip:%2541@example.com") == "sip:%2541@example.com");
    CHECK(aor("sip:%00abc@example.com") == "sip:%00abc@example.com");
    CHECK(aor("sip:a%40b@example.com") == "sip:a%40b@example.com");
    CHECK(aor("sip:*#06#@example.com") == "sip:*%2306%23@example.com");
    CHECK(aor("sip:j\xc3\xbcrgen@example.com") == "sip:j%C3%BCrgen@example.com");
}

TEST_CASE("RFC 3261 19.1.5: a Request-URI formed from a URI has no method and no headers") {
    std::string out;
    append_request_uri(out,
                       uri("sip:bob@h:5070;method=INVITE;transport=tcp;x=1?Route=%3Csip:e%3E"));
    CHECK(out == "sip:bob@h:5070;transport=tcp;x=1");
    out.clear();
    append_request_uri(out, uri("sip:bob@h;METHOD=x"));
    CHECK(out == "sip:bob@h");
    out.clear();
    append_request_uri(out, uri("tel:+123;phone-context=x"));
    CHECK(out == "tel:+123;phone-context=x");
}

TEST_CASE("RFC 3261 25.1: parameters are walked with LWS, quotes and flags") {
    std::string_view rest = " a = 1 ;b; c=\"x;\\\"y\" ; d=";
    const auto a = next_parameter(rest);
    const auto b = next_parameter(rest);
    const auto c = next_parameter(rest);
    const auto d = next_parameter(rest);

    REQUIRE(a);
    CHECK(a->name == "a");
    CHECK(a->value == "1");
    REQUIRE(b);
    CHECK(b->name == "b");
    CHECK_FALSE(b->has_value);
    REQUIRE(c);
    CHECK(c->value == "\"x;\\\"y\"");
    REQUIRE(d);
    CHECK(d->has_value);
    CHECK(d->value.empty());
    CHECK_FALSE(next_parameter(rest));
    CHECK(rest.empty());
}

TEST_CASE("RFC 3261 25.1: malformed parameters leave something behind") {
    for (const char* text : {";a", "=1", "a b", "a=\"x", "a=\"x\"y", "a=1 2"}) {
        CAPTURE(text);
        std::string_view rest = text;
        CHECK_FALSE(next_parameter(rest));
        CHECK_FALSE(rest.empty());
    }
    std::string_view rest = "a;";
    CHECK(next_parameter(rest));
    CHECK_FALSE(next_parameter(rest));
    CHECK(rest.empty());
}

TEST_CASE("hosts have one form") {
    CHECK(canonical_host("Example.COM.") == "example.com");
    CHECK(canonical_host("2001:DB8::0001") == "[2001:db8::1]");
    CHECK(canonical_host("[2001:DB8::0001]") == "[2001:db8::1]");
    CHECK(canonical_host("::ffff:192.0.2.1") == "192.0.2.1");
    CHECK(canonical_host("a..") == "a");
    CHECK(canonical_host("[::ffff:192.0.2.1].") == "192.0.2.1");
    CHECK(canonical_host("192.0.2.1") == "192.0.2.1");
}

}  // namespace herald::sip::uri_test
