// tests/unit/sip/fields_test.cpp: typed header values.
#include "sip/fields.h"

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace herald::sip::fields_test {
namespace {

/// A SUBSCRIBE with `headers`, and the bytes it points into.
struct Asked {
    explicit Asked(const std::string& headers)
        : text(
              "SUBSCRIBE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@h>;tag=1\r\n"
              "To: <sip:b@h>\r\nCall-ID: 1\r\nCSeq: 1 SUBSCRIBE\r\n" +
              headers + "\r\n") {
        result = parse(std::span<char>(text), Framing::datagram);
        REQUIRE(result.error == ParseOutcome::Error::none);
    }
    operator const Message&() const { return result.message; }

    std::string text;
    ParseResult result;
};

std::string chosen(const std::string& headers, const std::vector<std::string_view>& offered) {
    const Asked asked(headers);
    return std::string(choose_media_type(asked, offered).value_or("-"));
}

std::string contact_fault(const std::string& headers) {
    const Asked asked(headers);
    const auto contact = sole_contact(asked);
    return contact ? "" : contact.fault().detail;
}

}  // namespace

TEST_CASE("RFC 3261 20.10: an address with name, URI and parameters") {
    const auto address =
        parse_name_address(" \"J. \\\"R\\\"\" <sip:j@h;lr>;expires=\"60\" ; q = 0.5;flag");
    REQUIRE(address);
    CHECK(address->display_name == "J. \\\"R\\\"");
    CHECK(address->uri == "sip:j@h;lr");
    CHECK(address->parameter("EXPIRES") == "\"60\"");
    CHECK(address->parameter("q") == "0.5");
    CHECK(address->parameter("flag") == "");
    CHECK(address->parameter("none") == std::nullopt);
    CHECK(parse_name_address("Ann Bo<sip:j@h>")->display_name == "Ann Bo");
    CHECK(parse_name_address("< sip:j@h >")->uri == "sip:j@h");
    CHECK(parse_name_address("*")->uri == "*");
}

TEST_CASE("RFC 3261 20.10: what is no address is refused") {
    for (const char* value : {"", " ", "<", "<>", "<sip:a@h", "\"x", "\"x\"", "\"x\" sip:a@h",
                              "<sip:a@h>;x;x", "<sip:a@h>;;", "<sip:a@h> y", "sip:a@h?x=y",
                              "sip:a@h,b", "<sip:a @h>", "<<sip:a@h>>", "a,b <sip:a@h>", "a b"}) {
        CAPTURE(value);
        CHECK_FALSE(parse_name_address(value));
    }
}

TEST_CASE("an address and credentials have 32 parameters at most") {
    const auto listed = [](int count, const std::string& separator) {
        std::string text;
        for (int i = 0; i < count; ++i) text += separator + "p" + std::to_string(i) + "=1";
        return text;
    };

    const auto full = "<sip:a@h>" + listed(32, ";");
    const auto overfull = "<sip:a@h>" + listed(33, ";");
    CHECK(parse_name_address(full));
    CHECK_FALSE(parse_name_address(overfull));
    CHECK(parse_auth("Digest " + listed(32, ", ")));
    CHECK_FALSE(parse_auth("Digest " + listed(33, ", ")));
}

TEST_CASE("a parser that returns views takes no temporary") {
    const auto takes = [](auto parser, auto text) {
        return std::is_invocable_v<decltype(parser), decltype(text)>;
    };
    const auto uri = [](auto&& t) -> decltype(parse_uri(std::forward<decltype(t)>(t))) {
        return parse_uri(std::forward<decltype(t)>(t));
    };
    const auto address =
        [](auto&& t) -> decltype(parse_name_address(std::forward<decltype(t)>(t))) {
        return parse_name_address(std::forward<decltype(t)>(t));
    };
    CHECK_FALSE(takes(uri, std::string()));
    CHECK_FALSE(takes(address, std::string()));
    CHECK(takes(uri, std::string_view()));
    CHECK(takes(address, std::string_view()));
    CHECK(takes(address, ""));
}

TEST_CASE("RFC 3261 20.10: whether an address stands in <>") {
    CHECK(parse_name_address("<sip:a@h>;x")->has_brackets);
    CHECK(parse_name_address("\"<\" <sip:a@h>")->has_brackets);
    CHECK_FALSE(parse_name_address("sip:a@h;x=\"<>\"")->has_brackets);
}

TEST_CASE("RFC 3261 20.11: handling is a parameter, in any case, quoted or not") {
    CHECK(is_handling_optional("render;handling=optional"));
    CHECK(is_handling_optional("render ; x=1; Handling = \"OPTIONAL\""));
    CHECK_FALSE(is_handling_optional("render;handling=required"));
    CHECK_FALSE(is_handling_optional("render;x=\"handling=optional\""));
    CHECK_FALSE(is_handling_optional("render;xhandling=optional"));
    CHECK_FALSE(is_handling_optional("handling=optional"));
}

TEST_CASE("RFC 3261 8.1.1.8, 12.1.1: a dialog-forming request has one usable Contact") {
    CHECK(contact_fault("Contact: <sip:a@192.0.2.1:5070;transport=tcp>;expires=1\r\n").empty());
    CHECK(contact_fault("m: sip:192.0.2.1\r\n").empty());
    CHECK(contact_fault("Contact: <sips:a@h>\r\n").empty());
    CHECK(contact_fault("") == "Missing Contact");
    CHECK(contact_fault("Contact: <sip:a@h>, <sip:b@h>\r\n") == "More than one Contact");
    CHECK(contact_fault("Contact: <sip:a@h>\r\nContact: <sip:b@h>\r\n") == "More than one Contact");
    CHECK(contact_fault("Contact: *\r\n") == "Contact without SIP URI");
    CHECK(contact_fault("Contact: <tel:+1>\r\n") == "Contact without SIP URI");
    CHECK(contact_fault("Contact: <sip:a@h\r\n") == "Malformed Contact");
}

TEST_CASE("RFC 6665 8.2.1: Event with its id") {
    const auto event = parse_event(" presence.winfo ; ID=a.1;profile-type=device");
    REQUIRE(event);
    CHECK(event->text == "presence.winfo ; ID=a.1;profile-type=device");
    CHECK(event->type == "presence.winfo");
    CHECK(event->id == "a.1");
    CHECK(event->parameters == " ID=a.1;profile-type=device");
    CHECK(parse_event("presence;id=")->id == "");
    CHECK(parse_event("presence")->id == std::nullopt);
    for (const char* value : {"", ";id=1", "a b", "a,b", "presence;id=1;id=2", "presence;=1"}) {
        CAPTURE(value);
        CHECK_FALSE(parse_event(value));
    }
}

TEST_CASE("RFC 6665 8.2.3: Subscription-State") {
    const auto state =
        parse_subscription_state("terminated;reason=probation;retry-after=30;expires=x");
    REQUIRE(state);
    CHECK(state->state == "terminated");
    CHECK(state->reason == "probation");
    CHECK(state->retry_after == 30U);
    CHECK(state->expires == std::nullopt);
    CHECK(parse_subscription_state("active;expires=600")->expires == 600U);
    CHECK_FALSE(parse_subscription_state(""));
    CHECK_FALSE(parse_subscription_state("active;expires=1;expires=2"));
}

TEST_CASE("RFC 3261 25.1: delta-seconds") {
    CHECK(parse_delta_seconds("600") == 600U);
    CHECK(parse_delta_seconds(" 0060 ") == 60U);
    CHECK(parse_delta_seconds("\"60\"") == 60U);
    CHECK(parse_delta_seconds("18000;duration=3600") == 18000U);
    CHECK(parse_delta_seconds("120 (I'm in a meeting)") == 120U);
    CHECK(parse_delta_seconds("4294967296") == 4294967295U);
    CHECK(parse_delta_seconds("10000000000000000000000") == 4294967295U);
    for (const char* value : {"", "-1", "x", "6x", "1.5", "1 2", "\"", "\"\"", "+1"}) {
        CAPTURE(value);
        CHECK(parse_delta_seconds(value) == std::nullopt);
    }
}

TEST_CASE("RFC 3261 20.15: media types in lower case without parameters") {
    CHECK(*parse_media_type("Application/PIDF+XML;charset=\"utf-8\"") == "application/pidf+xml");
    CHECK(*parse_media_type("text / plain") == "text/plain");
    for (const char* value : {"", "text", "/", "text/", "text/*", "*/*", "a b/c", "text/plain x"}) {
        CAPTURE(value);
        CHECK_FALSE(parse_media_type(value));
    }
}

TEST_CASE("RFC 3261 20.1, RFC 9110 12.5.1: Accept picks among what we offer") {
    const std::vector<std::string_view> offered{"application/pidf+xml", "application/xpidf+xml"};
    CHECK(chosen("", offered) == "application/pidf+xml");
    CHECK(chosen("Accept: application/xpidf+xml, application/pidf+xml\r\n", offered) ==
          "application/pidf+xml");
    CHECK(chosen("Accept: application/xpidf+xml\r\nAccept: text/plain\r\n", offered) ==
          "application/xpidf+xml");
    CHECK(chosen("Accept: application/pidf+xml;q=0.4, application/xpidf+xml;q=0.5\r\n", offered) ==
          "application/xpidf+xml");
    CHECK(chosen("Accept: application/pidf+xml;q=0, */*\r\n", offered) == "application/xpidf+xml");
    CHECK(chosen("Accept: */*;q=0.1\r\n", offered) == "application/pidf+xml");
    CHECK(chosen("Accept: */*, application/*;q=0.2, application/xpidf+xml;q=0.3\r\n", offered) ==
          "application/xpidf+xml");
    CHECK(chosen("Accept: APPLICATION/Pidf+Xml;level=1\r\n", offered) == "application/pidf+xml");
    CHECK(chosen("Accept: text/plain\r\n", offered) == "-");
    CHECK(chosen("Accept:\r\n", offered) == "-");
    CHECK(chosen("Accept: ;;, nonsense, application/pidf+xml\r\n", offered) ==
          "application/pidf+xml");
    CHECK(chosen("Accept: */*\r\n", {}) == "-");
    CHECK(chosen("Accept: multipart/related\r\n",
                 {"multipart/related;type=\"application/rlmi+xml\""}) ==
          "multipart/related;type=\"application/rlmi+xml\"");
}

TEST_CASE("RFC 3261 25.1: digest credentials, quoted or not") {
    const auto auth = parse_auth(
        "Digest Username=\"al\\\"ice\", realm = \"a, b\",nc=00000001 , qop=auth,,uri=\"sip:h\"");
    REQUIRE(auth);
    CHECK(auth->scheme == "Digest");
    CHECK(auth->parameter("username") == "al\"ice");
    CHECK(auth->parameter("realm") == "a, b");
    CHECK(auth->parameter("nc") == "00000001");
    CHECK(auth->parameter("qop") == "auth");
    CHECK(auth->parameter("uri") == "sip:h");
    CHECK(auth->parameter("nonce") == std::nullopt);
    CHECK(auth->quoted == std::vector<std::string>{"username", "realm", "uri"});
}

TEST_CASE("RFC 8898 2: a Bearer token stands under the empty name") {
    const auto auth = parse_auth("Bearer eyJhbGciOi.eyJpc3M_-~+/==");
    REQUIRE(auth);
    CHECK(auth->scheme == "Bearer");
    CHECK(auth->parameter("") == "eyJhbGciOi.eyJpc3M_-~+/==");
    CHECK(parse_auth("Bearer realm=\"x\", error=\"invalid_token\"")->parameter("error") ==
          "invalid_token");
}

TEST_CASE("RFC 3261 25.1: malformed credentials are refused") {
    for (const char* value : {"", "Digest", "Digest ", ", x=1", "Digest a=1 b=2", "Digest a=\"x",
                              "Digest a=\"x\"y", "Digest a=1, A=2", "Digest =1", "Digest a=1, b"}) {
        CAPTURE(value);
        const auto auth = parse_auth(value);
        CHECK_FALSE(auth);
    }
    std::string many = "Digest a0=1";
    for (int i = 1; i < 40; ++i) many += ",a" + std::to_string(i) + "=1";
    CHECK_FALSE(parse_auth(many));
}

TEST_CASE("RFC 3261 25.1: quoted strings are unquoted once") {
    CHECK(unquote("\"a\\\\b\\\"c\"") == "a\\b\"c");
    CHECK(unquote(" \"a\" ") == "a");
    CHECK(unquote("plain\\x") == "plain\\x");
    CHECK(unquote("\"") == "\"");
    CHECK(unquote("\"\"").empty());
    CHECK(unquote(std::string("\"\\\0\"", 4)) == std::string(1, '\0'));
}

}  // namespace herald::sip::fields_test
