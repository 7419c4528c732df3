// tests/unit/packages/profile_template_test.cpp: places in texts, and what is put there.
#include "packages/profile_template.h"

#include <doctest/doctest.h>

namespace herald::packages::profile_template_test {
namespace {

std::string made(std::string_view text, const DeviceFacts& facts,
                 Escaping escaping = Escaping::plain) {
    const auto parsed = Template::parse(text);
    REQUIRE(parsed);
    std::string out;
    parsed->render(out, facts, escaping, [](std::string_view) { return nullptr; });
    return out;
}

std::string mistake_in(std::string_view text) {
    const auto parsed = Template::parse(text);
    REQUIRE_FALSE(parsed);
    return parsed.fault().detail;
}

}  // namespace

TEST_CASE("template: variables are replaced, braces may be written") {
    DeviceFacts facts;
    facts.aor = "sip:al%20ice@example.com";
    facts.domain = "example.com";
    facts.mac = "00041312ab34";

    CHECK(made("user={{account.user}};mac={{device.mac_colons}}", facts) ==
          "user=al ice;mac=00:04:13:12:ab:34");
    CHECK(made("{{open}}x}} { } {{account.domain}}", facts) == "{{x}} { } example.com");
    CHECK(made("model={{device.model}}\n", facts) == "model=\n");
}

TEST_CASE("template: a value stays a value in what surrounds it") {
    DeviceFacts facts;
    facts.vendor = "a\"b<&>'\\c\r\nadmin=1";

    CHECK(made("{{device.vendor}}", facts) == "a\"b<&>'\\cadmin=1");
    CHECK(made("{{device.vendor}}", facts, Escaping::xml) ==
          "a&quot;b&lt;&amp;&gt;&#39;\\cadmin=1");
    CHECK(made("{{device.vendor}}", facts, Escaping::json) == "a\\\"b<&>'\\\\cadmin=1");
}

TEST_CASE("template: the content type decides how values are escaped") {
    CHECK(packages::escaping_for("text/xml;charset=utf-8") == Escaping::xml);
    CHECK(packages::escaping_for("application/X-foo+XML") == Escaping::xml);
    CHECK(packages::escaping_for("application/json") == Escaping::json);
    CHECK(packages::escaping_for("application/vnd.a+json ; q") == Escaping::json);
    CHECK(packages::escaping_for("text/plain") == Escaping::plain);
}

TEST_CASE("template: mistakes name their line") {
    CHECK(
        mistake_in("a\nb\n{{device.name}}")
            .starts_with("line 3: there is no variable \"device.name\"; there are account.aor, "));
    CHECK(mistake_in("a\n{{device.mac").starts_with("line 2: {{ has no }}"));
    CHECK(mistake_in("{{device.mac\n}}").starts_with("line 1: {{ has no }}"));
    CHECK(mistake_in("{{ device.mac}}").starts_with("line 1: there is no variable"));
    CHECK(mistake_in("\n\n\n{{include common}}").starts_with("line 4: expected {{include type/"));
}

TEST_CASE("device facts: a text of bounded lines, and back") {
    DeviceFacts facts;
    facts.vendor = std::string(1000, 'v');
    facts.model = "a\nb";
    facts.instance = "urn:uuid:1";

    const auto back = packages::facts_from(packages::to_text(facts));

    REQUIRE(back);
    CHECK(back->vendor == std::string(128, 'v'));
    CHECK(back->model == "ab");
    CHECK(back->instance == "urn:uuid:1");
    CHECK_FALSE(packages::facts_from("a\nb\n"));
    CHECK_FALSE(packages::facts_from(packages::to_text(facts) + "x\n"));
}

TEST_CASE("device facts: MAC addresses") {
    CHECK(packages::mac_address("00:04-13:12:AB:34") == "00041312ab34");
    CHECK(packages::mac_address("00041312ab3").empty());
    CHECK(packages::mac_address("00041312ab3g").empty());
    CHECK(packages::mac_in_instance("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6") ==
          "00a0c91e6bf6");
    CHECK(packages::mac_in_instance("urn:uuid:f81d4fae-7dec-41d0-a765-00a0c91e6bf6").empty());
}

}  // namespace herald::packages::profile_template_test
