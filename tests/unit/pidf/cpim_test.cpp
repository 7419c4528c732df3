// tests/unit/pidf/cpim_test.cpp: Message/CPIM headers, namespaces, escapes (RFC 3862).
#include "pidf/cpim.h"

#include <doctest/doctest.h>

namespace herald::pidf::cpim_test {
namespace {

constexpr std::string_view kImdn = "urn:ietf:params:imdn";

Cpim parsed(std::string_view body) {
    auto cpim = parse_cpim(body);
    REQUIRE(cpim.has_value());
    return *std::move(cpim);
}

TEST_CASE("RFC 3862 2: headers, the content's headers, and the content") {
    const auto cpim = parsed(
        "From: MR SANDERS <im:piglet@100akerwood.com>\r\n"
        "To: Depressed Donkey <im:eeyore@100akerwood.com>\r\n"
        "DateTime: 2000-12-13T13:40:00-08:00\r\n"
        "Subject: the weather will be fine today\r\n"
        "\r\n"
        "Content-type: text/xml; charset=utf-8\r\n"
        "Content-ID: <1234567890@foo.com>\r\n"
        "\r\n"
        "<body>\r\nHere\r\n</body>");

    CHECK(uri_of_cpim(*cpim.value({}, "From")) == "im:piglet@100akerwood.com");
    CHECK(*cpim.value({}, "DateTime") == "2000-12-13T13:40:00-08:00");
    CHECK(*cpim.content_value("Content-Type") == "text/xml; charset=utf-8");
    CHECK(cpim.content == "<body>\r\nHere\r\n</body>");
    CHECK_FALSE(cpim.value({}, "cc"));
}

TEST_CASE("RFC 3862 3.4: a header's meaning is its namespace's, whatever the prefix") {
    const auto cpim = parsed(
        "NS: a <urn:ietf:params:imdn>\r\n"
        "a.Message-ID: one\r\n"
        "NS: a <urn:other>\r\n"
        "a.Message-ID: two\r\n"
        "Message-ID: three\r\n"
        "NS: <urn:ietf:params:imdn>\r\n"
        "Message-ID: four\r\n"
        "\r\n\r\n");

    CHECK(cpim.values(kImdn, "Message-ID") == std::vector<std::string_view>{"one", "four"});
    CHECK(*cpim.value("urn:other", "Message-ID") == "two");
    CHECK(*cpim.value({}, "Message-ID") == "three");
}

TEST_CASE("names differ by case; lower case is understood where nothing else is there") {
    const auto both = parsed("subject: no\r\nSubject: yes\r\n\r\n\r\n");
    CHECK(both.values({}, "Subject") == std::vector<std::string_view>{"yes"});
    const auto lower = parsed("subject: fine\r\n\r\n\r\n");
    CHECK(*lower.value({}, "Subject") == "fine");
}

TEST_CASE("a prefix nobody declared means what it is called") {
    const auto cpim = parsed("imdn.Message-ID: x\n\nContent-type:text/plain\n\nhi");
    CHECK(*cpim.value(kImdn, "Message-ID") == "x");
    CHECK_FALSE(cpim.value("urn:other", "Message-ID"));
    CHECK_FALSE(cpim.value({}, "Message-ID"));
    CHECK(*cpim.content_value("content-TYPE") == "text/plain");
    CHECK(cpim.content == "hi");
}

TEST_CASE("RFC 3862 2.3, 4.7: escapes and languages") {
    const auto cpim = parsed("Subject:;lang=fr a\\u00e9\\nb\r\n\r\n\r\n");
    CHECK(unescape_cpim(*cpim.value({}, "Subject")) == "a\u00e9\nb");
    CHECK(language_of(cpim.headers[0]) == "fr");
    CHECK(unescape_cpim("a\\\\b\\\"c\\'d\\x\\") == "a\\b\"c'dx");
    CHECK(unescape_cpim("\\b\\t\\r") == "\b\t\r");
    CHECK(unescape_cpim("\\u12") == "u12");
    CHECK(unescape_cpim("\\u20ac\\ud800") == "\u20ac\uFFFD");
    CHECK(escape_cpim("a\nb\\c\x01") == "a\\nb\\\\c\\u0001");
    CHECK(unescape_cpim(escape_cpim("a\r\n\t\b\\\x7f\u00e9")) == "a\r\n\t\b\\\x7f\u00e9");
}

TEST_CASE("what is no CPIM is malformed") {
    for (const std::string& body :
         {std::string(), std::string("From: a"), std::string("From: a\r\n\r\nContent-type: x\r\n"),
          std::string("no colon\r\n\r\n\r\n"), std::string(": x\r\n\r\n\r\n"),
          "X: " + std::string(5000, 'x') + "\r\n\r\n\r\n"}) {
        const auto cpim = parse_cpim(body);
        REQUIRE_FALSE(cpim.has_value());
        CHECK(cpim.fault().kind == FaultKind::malformed);
    }
    std::string many;
    for (int i = 0; i < 65; ++i) many += "X: y\r\n";
    CHECK_FALSE(parse_cpim(many + "\r\n\r\n").has_value());
}

}  // namespace
}  // namespace herald::pidf::cpim_test
