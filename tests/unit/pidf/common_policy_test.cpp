// tests/unit/pidf/common_policy_test.cpp: authorization documents, read and refused (RFC 4745,
// 5025).
#include "pidf/common_policy.h"

#include <string>

#include <doctest/doctest.h>

#include "pidf/idna.h"

namespace herald::pidf::common_policy_test {
namespace {

std::string ruleset(const std::string& rules) {
    return "<ruleset xmlns='urn:ietf:params:xml:ns:common-policy' "
           "xmlns:pr='urn:ietf:params:xml:ns:pres-rules' "
           "xmlns:ocp='urn:oma:xml:xdm:common-policy' xmlns:h='urn:herald:xml:ns:rules'>" +
           rules + "</ruleset>";
}

std::string rule(const std::string& content) {
    return ruleset("<rule id='a'>" + content + "</rule>");
}

Rule only(const std::string& content) {
    auto read = parse_ruleset(rule(content));
    if (!read) FAIL(read.fault().detail);
    return read->rules.at(0);
}

std::string refusal(const std::string& document) {
    const auto read = parse_ruleset(document);
    return read ? "accepted" : read.fault().detail;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("RFC 4745 6: a rule with everything in it") {
    const auto read = only(
        "<conditions><identity><one id='sip:a@x'/><many domain='X.org'>"
        "<except id='sip:b@x.org'/><except domain='y'/></many></identity>"
        "<sphere value='Work  home'/>"
        "<validity><from>2026-01-01T00:00:00Z</from><until>2026-01-02T00:00:00+01:00</until>"
        "</validity><h:packages value='presence dialog'/></conditions>"
        "<actions><pr:sub-handling>polite-block</pr:sub-handling></actions>"
        "<transformations><pr:provide-services><pr:class>w</pr:class></pr:provide-services>"
        "<pr:provide-persons><pr:all-persons/></pr:provide-persons>"
        "<pr:provide-mood>true</pr:provide-mood><pr:provide-note>0</pr:provide-note>"
        "<pr:provide-user-input>bare</pr:provide-user-input>"
        "<pr:provide-unknown-attribute name='n' ns='urn:u'>1</pr:provide-unknown-attribute>"
        "<h:dialog-view>state</h:dialog-view></transformations>");

    REQUIRE(read.conditions.identity);
    REQUIRE(read.conditions.identity->size() == 2);
    CHECK((*read.conditions.identity)[0].id == "sip:a@x");
    CHECK((*read.conditions.identity)[1].domain == "x.org");
    CHECK((*read.conditions.identity)[1].except_ids.size() == 1);
    CHECK((*read.conditions.identity)[1].except_domains.size() == 1);
    CHECK(read.conditions.spheres == std::vector<std::string>{"work", "home"});
    CHECK(read.conditions.packages == std::vector<std::string>{"presence", "dialog"});
    REQUIRE(read.conditions.validity);
    CHECK(read.conditions.validity->size() == 1);
    CHECK(read.handling == SubHandling::polite_block);
    CHECK(read.permissions.services.selected.size() == 1);
    CHECK(read.permissions.persons.is_all);
    CHECK(read.permissions.has(Attribute::mood));
    CHECK(!read.permissions.has(Attribute::note));
    CHECK(read.permissions.user_input == UserInput::bare);
    CHECK(read.permissions.unknown.size() == 1);
    CHECK(read.permissions.dialog_view == DialogView::state);
}

TEST_CASE("RFC 4745 7: a condition nobody knows is kept as one that fails") {
    CHECK(only("<conditions><z:foo xmlns:z='urn:z'/></conditions>").conditions.has_unknown);
    CHECK(!only("<conditions/>").conditions.has_unknown);
    const auto strange = only(
        "<conditions><identity><many><z:foo xmlns:z='urn:z'/></many>"
        "</identity></conditions>");
    CHECK((*strange.conditions.identity)[0].kind == IdentityMatch::Kind::unknown);
}

TEST_CASE("what the schemas do not allow is refused, with its place") {
    const struct {
        std::string document;
        const char* why;
    } refused[] = {
        {"<ruleset/>", "the root element is not ruleset"},
        {ruleset("<rule/>"), "without a usable id"},
        {ruleset("<rule id='1'/>"), "without a usable id"},
        {ruleset("<rule id='a'/><rule id='a'/>"), "a second rule"},
        {rule("<actions/><conditions/>"), "out of order"},
        {rule("<conditions><identity><one/></identity></conditions>"), "one without id"},
        {rule("<conditions><identity><one id='a' domain='b'/></identity></conditions>"),
         "one with a domain"},
        {rule("<conditions><identity><many><except/></many></identity></conditions>"),
         "except without"},
        {rule("<conditions><sphere/></conditions>"), "sphere without value"},
        {rule("<conditions><validity><from>2026-01-01T00:00:00Z</from></validity></conditions>"),
         "from without until"},
        {rule("<conditions><validity><until>2026-01-01T00:00:00Z</until></validity></conditions>"),
         "do not alternate"},
        {rule("<conditions><validity><from>yesterday</from></validity></conditions>"),
         "no RFC 3339 time"},
        {rule("<actions><pr:sub-handling>maybe</pr:sub-handling></actions>"),
         "no such sub-handling"},
        {rule("<transformations><pr:provide-mood>yes</pr:provide-mood></transformations>"),
         "neither true nor false"},
        {rule("<transformations><pr:provide-user-input>some</pr:provide-user-input>"
              "</transformations>"),
         "no such value"},
        {rule("<transformations><pr:provide-unknown-attribute name='n'>true"
              "</pr:provide-unknown-attribute></transformations>"),
         "without name or ns"},
        {rule("<conditions><identity/><ocp:other-identity/></conditions>"), "more than one"},
        {"<!DOCTYPE r [<!ENTITY e 'x'>]>" + rule(""), "line"},
    };
    for (const auto& each : refused) {
        CAPTURE(each.document);
        const auto refused_for = refusal(each.document);
        CHECK_MESSAGE(has(refused_for, each.why), refused_for);
        CHECK(has(refused_for, "line"));
    }
}

TEST_CASE("RFC 4745 7.1.3: domains as they are compared") {
    CHECK(comparable_domain("EXAMPLE.com") == "example.com");
    CHECK(comparable_domain("ex%61mple.com") == "example.com");
    CHECK(comparable_domain("ex%6") == "ex%6");
    for (const char* none : {"", "a b.com", "a%00.com", "a%0A.com", "ex\xc3mple.com"}) {
        CAPTURE(none);
        CHECK(comparable_domain(none).empty());
    }
}

TEST_CASE("RFC 5891 5: a domain in its own letters is compared in ASCII") {
    constexpr const char* kAscii = "xn--bcher-kva.example";
    CHECK(comparable_domain("b\xc3\xbc"
                            "cher.example") == kAscii);
    CHECK(comparable_domain("B\xc3\x9c"
                            "CHER.Example") == kAscii);
    CHECK(comparable_domain("bu\xcc\x88"
                            "cher.example") == kAscii);
    CHECK(comparable_domain("b%C3%BCcher.example") == kAscii);
    CHECK(comparable_domain("XN--Bcher-KVA.example") == kAscii);
    CHECK(comparable_domain("fa\xc3\x9f.example") == "xn--fa-hia.example");
    CHECK(comparable_domain("\xe4\xbe\x8b\xe3\x80\x82\xe4\xbe\x8b") == "xn--fsq.xn--fsq");
    // A label that cannot be had, and more than a name holds.
    CHECK(comparable_domain("\xc3\xbc-.example").empty());
    std::string letters;
    for (int i = 0; i < 64; ++i) letters += "\xc3\xbc";
    CHECK(comparable_domain(letters + ".example").empty());

    CHECK(ascii_uri("sip:bob@b\xc3\xbc"
                    "cher.example:5070;x=y") == "sip:bob@xn--bcher-kva.example:5070;x=y");
    CHECK(ascii_uri("SIPS:b%C3%BCcher.example") == "SIPS:xn--bcher-kva.example");
    CHECK(ascii_uri("tel:+1").empty());
    CHECK(ascii_uri("sip:bob@a b").empty());
}

}  // namespace herald::pidf::common_policy_test
