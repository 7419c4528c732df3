// tests/unit/pidf/ruleset_text_test.cpp: rules that are written are read as the same rules.
#include "pidf/ruleset_text.h"

#include <doctest/doctest.h>

namespace herald::pidf::ruleset_text_test {
namespace {

constexpr std::string_view kEverything = R"(
<cr:ruleset xmlns:cr="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules"
 xmlns:o="urn:oma:xml:xdm:common-policy" xmlns:op="urn:oma:xml:prs:pres-rules" xmlns:h="urn:herald:xml:ns:rules">
 <cr:rule id="a"><cr:conditions>
   <cr:identity><cr:one id="sip:a&amp;b@x"/><cr:many domain="X.Y"><cr:except id="sip:m@x.y"/><cr:except domain="z"/></cr:many><cr:many/></cr:identity>
   <cr:sphere value="Work home"/>
   <cr:validity><cr:from>2027-01-15T08:00:00Z</cr:from><cr:until>2027-01-15T09:00:00.5Z</cr:until></cr:validity>
   <h:packages value="presence dialog"/></cr:conditions>
  <cr:actions><pr:sub-handling>polite-block</pr:sub-handling></cr:actions>
  <cr:transformations>
   <pr:provide-services><pr:service-uri>sip:a@x</pr:service-uri><pr:class>c</pr:class><op:service-id>id</op:service-id></pr:provide-services>
   <pr:provide-persons><pr:all-persons/></pr:provide-persons>
   <pr:provide-devices><pr:deviceID>urn:uuid:1</pr:deviceID></pr:provide-devices>
   <pr:provide-mood>true</pr:provide-mood><op:provide-geopriv>full</op:provide-geopriv><op:provide-willingness>1</op:provide-willingness>
   <pr:provide-user-input>thresholds</pr:provide-user-input>
   <pr:provide-unknown-attribute name="n" ns="urn:&lt;z&gt;">true</pr:provide-unknown-attribute>
   <h:dialog-view>state</h:dialog-view></cr:transformations></cr:rule>
 <cr:rule id="b"><cr:conditions><o:other-identity/></cr:conditions><cr:transformations><pr:provide-all-attributes/></cr:transformations></cr:rule>
 <cr:rule id="c"><cr:conditions><o:anonymous-request/></cr:conditions></cr:rule>
 <cr:rule id="d"><cr:conditions><o:external-list/></cr:conditions></cr:rule>
 <cr:rule id="e"><cr:conditions><cr:identity><q xmlns="urn:q"/></cr:identity><q xmlns="urn:q"/></cr:conditions></cr:rule>
 <cr:rule id="f"><cr:conditions><cr:identity/></cr:conditions></cr:rule>
 <cr:rule id="g"/>
</cr:ruleset>)";

void check_same(const Rule& a, const Rule& b) {
    CAPTURE(a.id);
    CHECK(a.id == b.id);
    CHECK(a.handling == b.handling);
    CHECK(a.permissions == b.permissions);
    const auto& [identity, spheres, validity, packages, is_other, is_anonymous, has_list,
                 has_unknown] = b.conditions;
    REQUIRE(a.conditions.identity.has_value() == identity.has_value());
    REQUIRE(a.conditions.validity.has_value() == validity.has_value());
    CHECK(a.conditions.spheres == spheres);
    CHECK(a.conditions.packages == packages);
    CHECK(a.conditions.is_other_identity == is_other);
    CHECK(a.conditions.is_anonymous_request == is_anonymous);
    CHECK(a.conditions.has_external_list == has_list);
    CHECK(a.conditions.has_unknown == has_unknown);
    for (std::size_t i = 0; identity && i < identity->size(); ++i) {
        const auto& match = a.conditions.identity->at(i);
        CHECK(match.kind == (*identity)[i].kind);
        CHECK(match.id == (*identity)[i].id);
        CHECK(match.domain == (*identity)[i].domain);
        CHECK(match.except_ids == (*identity)[i].except_ids);
        CHECK(match.except_domains == (*identity)[i].except_domains);
    }
    for (std::size_t i = 0; validity && i < validity->size(); ++i) {
        CHECK(a.conditions.validity->at(i).from == (*validity)[i].from);
        CHECK(a.conditions.validity->at(i).until == (*validity)[i].until);
    }
}

}  // namespace

TEST_CASE("RFC 4745, 5025: rules that are written are read as the same rules") {
    const auto read = parse_ruleset(kEverything);
    REQUIRE(read);
    const auto written = to_text(*read);
    const auto again = parse_ruleset(written);
    REQUIRE_MESSAGE(again, again.fault().detail);
    REQUIRE(again->rules.size() == 7);
    for (std::size_t i = 0; i < 7; ++i) check_same(read->rules[i], again->rules[i]);
    CHECK(to_text(*again) == written);
}

}  // namespace herald::pidf::ruleset_text_test
