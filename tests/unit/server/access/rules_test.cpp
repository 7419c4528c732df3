// tests/unit/server/access/rules_test.cpp: what rules give to whom (RFC 4745 10, RFC 5025 3).
#include "server/access/rules.h"

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "server/access/policies.h"

namespace herald::server::rules_test {
namespace {

using pidf::SubHandling;

constexpr base::WallTime kNow{std::chrono::seconds(1'800'000'000)};

std::string ruleset(const std::string& rules) {
    return "<cr:ruleset xmlns:cr='urn:ietf:params:xml:ns:common-policy' "
           "xmlns:pr='urn:ietf:params:xml:ns:pres-rules' xmlns:h='urn:herald:xml:ns:rules' "
           "xmlns:ocp='urn:oma:xml:xdm:common-policy'>" +
           rules + "</cr:ruleset>";
}

std::string rule(const std::string& id, const std::string& conditions,
                 const std::string& handling = "allow") {
    return "<cr:rule id='" + id + "'><cr:conditions>" + conditions +
           "</cr:conditions><cr:actions><pr:sub-handling>" + handling +
           "</pr:sub-handling></cr:actions></cr:rule>";
}

CompiledRules compiled(const std::string& rules) {
    auto read = pidf::parse_ruleset(ruleset(rules));
    if (!read) FAIL(read.fault().detail);
    return CompiledRules(*std::move(read));
}

Grant grant(const CompiledRules& rules, std::vector<std::string_view> uris,
            std::optional<std::string_view> sphere = std::nullopt, base::WallTime now = kNow,
            std::string_view package = "presence") {
    return rules.grant({uris, package, now, sphere});
}

bool allows(const std::string& rules, std::vector<std::string_view> uris,
            std::optional<std::string_view> sphere = std::nullopt, base::WallTime now = kNow,
            std::string_view package = "presence") {
    return grant(compiled(rules), std::move(uris), sphere, now, package).handling ==
           SubHandling::allow;
}

const std::string kB1 =
    "<cr:rule id='a'><cr:conditions><cr:identity><cr:many domain='x'><cr:except id='sip:mal@x'/>"
    "</cr:many></cr:identity></cr:conditions>"
    "<cr:actions><pr:sub-handling>allow</pr:sub-handling></cr:actions>"
    "<cr:transformations><pr:provide-services><pr:service-uri-scheme>sip</pr:service-uri-scheme>"
    "</pr:provide-services><pr:provide-persons><pr:all-persons/></pr:provide-persons>"
    "<pr:provide-user-input>bare</pr:provide-user-input></cr:transformations></cr:rule>"
    "<cr:rule id='b'><cr:conditions><cr:identity><cr:one id='sip:ann@x'/></cr:identity>"
    "</cr:conditions><cr:actions><pr:sub-handling>block</pr:sub-handling></cr:actions>"
    "<cr:transformations><pr:provide-activities>true</pr:provide-activities>"
    "<pr:provide-user-input>thresholds</pr:provide-user-input></cr:transformations></cr:rule>";

}  // namespace

TEST_CASE("RFC 4745 10.2: all rules that match are added up, the highest handling counts (AV01)") {
    const auto rules = compiled(kB1);
    const auto ann = grant(rules, {"sip:ann@x"});

    CHECK(ann.handling == SubHandling::allow);
    CHECK(ann.rules == std::vector<std::uint32_t>{0, 1});
    CHECK(ann.permissions.has(pidf::Attribute::activities));
    CHECK(ann.permissions.user_input == pidf::UserInput::thresholds);
    CHECK(ann.permissions.persons.is_all);

    const auto bea = grant(rules, {"sip:bea@x"});
    CHECK(bea.handling == SubHandling::allow);
    CHECK(!bea.permissions.has(pidf::Attribute::activities));
    CHECK(bea.permissions.user_input == pidf::UserInput::bare);
}

TEST_CASE("RFC 4745 7.1.3: who is excepted, of elsewhere or nobody is not among the many (AV03)") {
    const auto rules = compiled(kB1);
    CHECK(!grant(rules, {"sip:mal@x"}).handling);
    CHECK(!grant(rules, {"sip:zed@y"}).handling);
    CHECK(!grant(rules, {"sip:zed@sub.x"}).handling);
    CHECK(!grant(rules, {}).handling);
}

TEST_CASE("RFC 5025 3.1.1: one of somebody's identities is excepted, so is he (AV04)") {
    CHECK(!grant(compiled(kB1), {"sip:mal@x", "tel:+15"}).handling);
    CHECK(allows(rule("a", "<cr:identity><cr:one id='tel:+15'/></cr:identity>"),
                 {"sip:mal@x", "tel:+15"}));
}

TEST_CASE(
    "RFC 4745 7: without conditions everybody matches, with an unknown one nobody "
    "(AV05, AV06)") {
    CHECK(allows(rule("a", ""), {}));
    CHECK(allows(rule("a", ""), {"sip:zed@y"}));
    CHECK(!allows(rule("a",
                       "<foo xmlns='urn:z'/><cr:identity><cr:one id='sip:ann@x'/>"
                       "</cr:identity>"),
                  {"sip:ann@x"}));
}

TEST_CASE("RFC 4745 7.1: many without a domain is everybody who is somebody") {
    const auto any = rule("a", "<cr:identity><cr:many/></cr:identity>");
    CHECK(allows(any, {"sip:zed@y"}));
    CHECK(!allows(any, {}));
    const auto not_y =
        rule("a", "<cr:identity><cr:many><cr:except domain='Y'/></cr:many></cr:identity>");
    CHECK(allows(not_y, {"sip:ann@x"}));
    CHECK(!allows(not_y, {"sip:zed@y"}));
    CHECK(!allows(rule("a", "<cr:identity/>"), {"sip:ann@x"}));
}

TEST_CASE("RFC 4745 7.3: the sphere as it is, and undefined it is none (AV07)") {
    const auto work = rule("a", "<cr:sphere value='Work home'/>");
    CHECK(allows(work, {}, "work"));
    CHECK(allows(work, {}, "home"));
    CHECK(!allows(work, {}, "club"));
    CHECK(!allows(work, {}));
}

TEST_CASE("RFC 4745 7.4: valid from its first instant to before its last (AV08)") {
    const auto rules = compiled(rule("a",
                                     "<cr:validity><cr:from>2027-01-15T08:00:00Z</cr:from>"
                                     "<cr:until>2027-01-15T09:00:00Z</cr:until></cr:validity>"));
    const auto second = std::chrono::seconds(1);
    CHECK(grant(rules, {}, {}, kNow).handling);
    CHECK(!grant(rules, {}, {}, kNow - second).handling);
    CHECK(grant(rules, {}, {}, kNow + std::chrono::hours(1) - second).handling);
    CHECK(!grant(rules, {}, {}, kNow + std::chrono::hours(1)).handling);

    CHECK(rules.next_boundary(kNow - second) == kNow);
    CHECK(rules.next_boundary(kNow) == kNow + std::chrono::hours(1));
    CHECK(!rules.next_boundary(kNow + std::chrono::hours(1)));
}

TEST_CASE("OMA: other identities, anonymous requests, lists that are not here") {
    const auto others = rule("a", "<ocp:other-identity/>", "confirm") +
                        rule("b", "<cr:identity><cr:one id='sip:ann@x'/></cr:identity>");
    CHECK(grant(compiled(others), {"sip:ann@x"}).handling == SubHandling::allow);
    CHECK(grant(compiled(others), {"sip:ann@x"}).rules.size() == 1);
    CHECK(grant(compiled(others), {"sip:zed@y"}).handling == SubHandling::confirm);
    CHECK(!grant(compiled(others), {}).handling);

    const auto anonymous = rule("a", "<ocp:anonymous-request/>");
    CHECK(allows(anonymous, {}));
    CHECK(!allows(anonymous, {"sip:ann@x"}));
    CHECK(!allows(rule("a", "<ocp:external-list><ocp:entry anc='http://x'/></ocp:external-list>"),
                  {"sip:ann@x"}));
}

TEST_CASE("a rule is about presence, unless it names packages (AV38)") {
    const auto plain = rule("a", "");
    CHECK(!allows(plain, {}, {}, kNow, "dialog"));
    const auto both = rule("a", "<h:packages value='presence dialog'/>");
    CHECK(allows(both, {}, {}, kNow, "dialog"));
    CHECK(allows(both, {}, {}, kNow, "presence"));
    CHECK(!allows(both, {}, {}, kNow, "reg"));
    CHECK(allows(rule("a", "<h:packages value='*'/>"), {}, {}, kNow, "reg"));
}

TEST_CASE("RFC 4745 10: matching with transformations only is no decision (AV35)") {
    const auto rules = compiled(
        "<cr:rule id='a'><cr:transformations><pr:provide-mood>true</pr:provide-mood>"
        "</cr:transformations></cr:rule>");
    CHECK(!grant(rules, {"sip:ann@x"}).handling);
    CHECK(grant(rules, {"sip:ann@x"}).permissions.has(pidf::Attribute::mood));
}

TEST_CASE("why a rule does not match is its first condition that fails") {
    const auto rules = compiled(
        rule("a", "<cr:identity><cr:one id='sip:ann@x'/></cr:identity><cr:sphere value='w'/>"));
    std::vector<std::string_view> ann{"sip:ann@x"};
    std::vector<std::string_view> zed{"sip:zed@y"};
    CHECK(rules.mismatch(0, {ann, "presence", kNow, "w"}) == Mismatch::none);
    CHECK(rules.mismatch(0, {ann, "presence", kNow, {}}) == Mismatch::sphere);
    CHECK(rules.mismatch(0, {zed, "presence", kNow, "w"}) == Mismatch::identity);
    CHECK(rules.mismatch(0, {ann, "dialog", kNow, "w"}) == Mismatch::package);
}

namespace {

/// Rules of every kind, by chance.
class AnyRules {
public:
    std::string rule(const std::string& id) {
        std::string shown;
        for (auto left = random_() % 4; left > 0; --left) shown += pick(kShown);
        return "<cr:rule id='" + id + "'><cr:conditions>" + pick(kConditions) +
               "</cr:conditions><cr:actions><pr:sub-handling>" + pick(kHandlings) +
               "</pr:sub-handling></cr:actions><cr:transformations>" + shown +
               "</cr:transformations></cr:rule>";
    }
    std::vector<std::string> some() {
        std::vector<std::string> rules;
        for (unsigned i = 0; i <= random_() % 6; ++i)
            rules.push_back(rule("r" + std::to_string(i)));
        return rules;
    }
    /// In another order, and with other names.
    std::vector<std::string> mixed(std::vector<std::string> rules) {
        std::shuffle(rules.begin(), rules.end(), random_);
        for (auto& each : rules) each.replace(each.find("id='r"), 5, "id='other");
        return rules;
    }

private:
    template <std::size_t N>
    std::string pick(const std::array<const char*, N>& from) {
        return from[random_() % N];
    }

    static constexpr std::array kConditions{
        "",
        "<cr:identity><cr:one id='sip:ann@x'/></cr:identity>",
        "<cr:identity><cr:many domain='x'><cr:except id='sip:mal@x'/></cr:many></cr:identity>",
        "<cr:identity><cr:many><cr:except domain='y'/></cr:many></cr:identity>",
        "<cr:identity><cr:many/></cr:identity>",
        "<cr:sphere value='work'/>",
        "<cr:sphere value='home'/>",
        "<ocp:anonymous-request/>",
        "<h:packages value='dialog'/>"};
    static constexpr std::array kHandlings{"block", "confirm", "polite-block", "allow"};
    static constexpr std::array kShown{
        "<pr:provide-services><pr:all-services/></pr:provide-services>",
        "<pr:provide-services><pr:class>a</pr:class><pr:class>b</pr:class></pr:provide-services>",
        "<pr:provide-services><pr:service-uri-scheme>sip</pr:service-uri-scheme>"
        "</pr:provide-services>",
        "<pr:provide-persons><pr:all-persons/></pr:provide-persons>",
        "<pr:provide-devices><pr:class>a</pr:class></pr:provide-devices>",
        "<pr:provide-mood>true</pr:provide-mood>",
        "<pr:provide-mood>false</pr:provide-mood>",
        "<pr:provide-user-input>bare</pr:provide-user-input>",
        "<pr:provide-user-input>full</pr:provide-user-input>",
        "<pr:provide-unknown-attribute name='n' ns='urn:z'>true</pr:provide-unknown-attribute>",
        "<pr:provide-all-attributes/>"};

    std::mt19937 random_{20270115};
};

std::string together(const std::vector<std::string>& rules) {
    std::string all;
    for (const auto& each : rules) all += each;
    return all;
}

/// Whether somebody with `more` sees all that one with `less` does.
bool covers(const Grant& more, const Grant& less) {
    auto both = more.permissions;
    both.add(less.permissions);
    return both == more.permissions &&
           more.handling.value_or(SubHandling::block) >= less.handling.value_or(SubHandling::block);
}

}  // namespace

TEST_CASE("property: a rule more shows nobody less; order and names make no difference (AV34)") {
    AnyRules any;
    const std::vector<std::vector<std::string_view>> watchers{
        {"sip:ann@x"}, {"sip:mal@x"}, {"sip:zed@y"}, {"sip:zed@y", "tel:+15"}, {}};
    unsigned different = 0;
    for (int round = 0; round < 500; ++round) {
        const auto rules = any.some();
        const auto before = compiled(together(rules));
        const auto mixed = compiled(together(any.mixed(rules)));
        const auto more = compiled(together(rules) + any.rule("more"));
        for (const auto& watcher : watchers) {
            const auto known = grant(before, watcher, "work");
            CHECK(grant(mixed, watcher, "work").handling == known.handling);
            CHECK(grant(mixed, watcher, "work").permissions == known.permissions);
            CHECK(covers(grant(more, watcher, "work"), known));
            different += covers(known, grant(more, watcher, "work")) ? 0 : 1;
        }
    }
    // Else nothing was shown.
    CHECK(different > 100);
}

TEST_CASE("lists: the narrower entry wins, and an entry is in one list at a time") {
    const auto policy = [](const std::string& lists) {
        return policy_of({"sip:o@x", 1, lists, {}});
    };
    const auto handling = [](const PolicyPtr& said, std::vector<std::string_view> uris,
                             std::string_view package = "presence") {
        return said->grant({uris, package, kNow, {}}).handling;
    };
    const auto said = policy(
        "allow *@x presence\nblock sip:bob@x presence\nconfirm * presence\nallow sip:d@x dialog");

    CHECK(handling(said, {"sip:ann@x"}) == SubHandling::allow);
    CHECK(handling(said, {"sip:bob@x"}) == SubHandling::block);
    CHECK(handling(said, {"sip:zed@y"}) == SubHandling::confirm);
    CHECK(handling(said, {}) == SubHandling::confirm);
    CHECK(handling(said, {"sip:d@x"}, "dialog") == SubHandling::allow);
    CHECK(!handling(said, {"sip:ann@x"}, "dialog"));

    auto entries = with_entry(said->entries(), {SubHandling::allow, "sip:bob@x", "presence"});
    CHECK(entries.size() == said->entries().size());
    CHECK(handling(policy(to_text(entries)), {"sip:bob@x"}) == SubHandling::allow);
}

TEST_CASE("RFC 4745 7.1.3: domains of any letters are compared in ASCII, and some equal none") {
    const auto domain = rule("a",
                             "<cr:identity><cr:many domain='b\xc3\xbc"
                             "cher.example'/></cr:identity>");
    CHECK(allows(domain, {"sip:ann@xn--bcher-kva.example"}));
    CHECK(!allows(domain, {"sip:ann@bcher.example"}));
    CHECK(allows(rule("a",
                      "<cr:identity><cr:one id='sip:ann@B\xc3\x9c"
                      "CHER.example'/></cr:identity>"),
                 {"sip:ann@xn--bcher-kva.example"}));
    const auto except = [](const std::string& name) {
        return rule("a", "<cr:identity><cr:many><cr:except " + name + "/></cr:many></cr:identity>");
    };
    CHECK(!allows(except("domain='b%C3%BCcher.example'"), {"sip:ann@xn--bcher-kva.example"}));
    CHECK(!allows(except("id='sip:ann@b\xc3\xbc"
                         "cher.example'"),
                  {"sip:ann@xn--bcher-kva.example"}));
    // What cannot be converted equals nothing, not even what has no domain.
    CHECK(allows(except("domain='\xc3\xbc-.example'"), {"tel:+15"}));
    CHECK(!allows(rule("a", "<cr:identity><cr:many domain='\xc3\xbc-.example'/></cr:identity>"),
                  {"tel:+15"}));
}

TEST_CASE("lists: patterns are spelt in one way, and nonsense is refused") {
    CHECK(*list_pattern("*") == "*");
    CHECK(*list_pattern("*@EXAMPLE.com") == "*@example.com");
    CHECK(*list_pattern("bob@EXAMPLE.com") == "sip:bob@example.com");
    CHECK(*list_pattern("*@b\xc3\xbc"
                        "cher.example") == "*@xn--bcher-kva.example");
    CHECK(*list_pattern("bob@b\xc3\xbc"
                        "cher.example") == "sip:bob@xn--bcher-kva.example");
    CHECK(*list_pattern("sip:bob@example.com;x=y") == "sip:bob@example.com");
    for (const char* wrong : {"", "a b", "*@", "*@a@b", "http://x", "*@a b"}) {
        CAPTURE(wrong);
        CHECK(!list_pattern(wrong));
    }
}

TEST_CASE("RFC 5025 10: a document that cannot be read says nothing, and that it cannot") {
    const auto policy = policy_of({"sip:o@x", 1, {}, "<ruleset/>"});
    CHECK(policy->is_unreadable());
    CHECK(policy->rules() == nullptr);
    CHECK(!policy->complaint().empty());
}

}  // namespace herald::server::rules_test
