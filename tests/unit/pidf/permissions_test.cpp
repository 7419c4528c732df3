// tests/unit/pidf/permissions_test.cpp: what a watcher may see of a document (RFC 5025 3.3).
#include "pidf/permissions.h"

#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "pidf/grants.h"
#include "tests/unit/pidf/sample.h"

namespace herald::pidf::permissions_test {
namespace {

constexpr const char* kRich =
    "<tuple id='s'><status><basic>open</basic><z:more xmlns:z='urn:z'>1</z:more></status>"
    "<rpid:class>work</rpid:class><rpid:relationship><rpid:self/></rpid:relationship>"
    "<rpid:service-class><rpid:electronic/></rpid:service-class>"
    "<dm:deviceID>urn:device:1</dm:deviceID>"
    "<contact>sip:a@192.0.2.1</contact><note>service</note></tuple>"
    "<tuple id='m'><status><basic>open</basic></status><contact>mailto:a@x</contact></tuple>"
    "<note>presentity</note>"
    "<dm:person id='p'><rpid:activities><rpid:note>nested</rpid:note><rpid:away/></rpid:activities>"
    "<rpid:mood><rpid:happy/></rpid:mood>"
    "<rpid:user-input idle-threshold='600' last-input='2026-01-01T00:00:00Z'>idle</rpid:user-input>"
    "<ci:homepage xmlns:ci='urn:ietf:params:xml:ns:pidf:cipid'>http://x</ci:homepage>"
    "<dm:note>person</dm:note></dm:person>"
    "<dm:device id='d'><rpid:user-input>active</rpid:user-input>"
    "<dm:deviceID>urn:device:1</dm:deviceID></dm:device>";

std::string shown(const std::string& body, const Permissions& permissions) {
    const Presence presence = admitted(body);
    const Contribution contribution{"s1", 1, at_minute(0), &presence};
    return render_pidf(filtered(resolve({&contribution, 1}, at_minute(0)), permissions, "sip:a@x"),
                       "sip:a@x", "sip:a@x")
        .body;
}

std::string shown(const Permissions& permissions) {
    return shown(in_presence(kRich), permissions);
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

Permissions all_components() {
    Permissions permissions;
    permissions.services.is_all = permissions.persons.is_all = permissions.devices.is_all = true;
    return permissions;
}

}  // namespace

TEST_CASE("RFC 5025 3.3: who may see everything sees what there is") {
    const Presence presence = admitted(in_presence(kRich));
    const Contribution contribution{"s1", 1, at_minute(0), &presence};
    const auto whole =
        render_pidf(resolve({&contribution, 1}, at_minute(0)), "sip:a@x", "sip:a@x").body;

    CHECK(shown(all_permissions()) == whole);
}

TEST_CASE("RFC 5025 3.3.1: no component is granted, none is shown (AV14)") {
    Permissions permissions;
    permissions.has_all_attributes = true;

    CHECK(!has(shown(permissions), "<tuple"));
    CHECK(!has(shown(permissions), "<dm:"));
    CHECK(has(shown(permissions), "<presence"));
    CHECK(
        !has(shown("<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:a@x'/>", permissions),
             "<tuple"));
}

TEST_CASE("RFC 5025 3.3.2: of a component always shown is what reaches it, and nothing else") {
    const auto text = shown(all_components());

    CHECK(has(text, "<basic>open</basic>"));
    CHECK(has(text, "sip:a@192.0.2.1"));
    CHECK(has(text, "rpid:service-class"));
    CHECK(has(text, "<dm:device id=\"d\"><dm:deviceID>"));
    for (const char* hidden : {"rpid:class>", "relationship", "urn:z", "note", "activities", "mood",
                               "user-input", "homepage"}) {
        CAPTURE(hidden);
        CHECK(!has(text, hidden));
    }
}

TEST_CASE("RFC 5025 3.3.1: components are selected by what is not shown of them, too") {
    const auto services = [](SelectBy by, std::string value) {
        Permissions permissions;
        permissions.services.add(Selector{by, std::move(value)});
        return shown(permissions);
    };

    CHECK(has(services(SelectBy::class_, "work"), "id=\"s\""));
    CHECK(!has(services(SelectBy::class_, "Work"), "id=\"s\""));
    CHECK(!has(services(SelectBy::class_, "work"), "id=\"m\""));
    CHECK(has(services(SelectBy::occurrence_id, "m"), "mailto:"));
    CHECK(has(services(SelectBy::contact, "SIP:a@192.0.2.1"), "id=\"s\""));
    CHECK(has(services(SelectBy::scheme, "mailto"), "id=\"m\""));
    CHECK(!has(services(SelectBy::scheme, "mailto"), "id=\"s\""));
    CHECK(!has(services(SelectBy::device_id, "urn:device:1"), "<tuple"));

    Permissions devices;
    devices.devices.add(Selector{SelectBy::device_id, "URN:device:1"});
    CHECK(has(shown(devices), "<dm:device id=\"d\""));
}

TEST_CASE("RFC 5025 3.3.2.10: of user input as much as is granted") {
    const auto with = [](UserInput input) {
        auto permissions = all_components();
        permissions.user_input = input;
        return shown(permissions);
    };

    CHECK(has(with(UserInput::bare), "<rpid:user-input>idle</rpid:user-input>"));
    CHECK(has(with(UserInput::thresholds),
              "<rpid:user-input idle-threshold=\"600\">idle</rpid:user-input>"));
    CHECK(has(with(UserInput::full), "last-input"));
}

TEST_CASE("RFC 5025 3.3.2: notes within activities go with them (AV17)") {
    auto permissions = all_components();
    permissions.grant(Attribute::activities);

    CHECK(has(shown(permissions), "nested"));
    CHECK(!has(shown(permissions), ">service<"));
    CHECK(!has(shown(permissions), ">presentity<"));
    permissions.grant(Attribute::note);
    CHECK(has(shown(permissions), ">service<"));
    CHECK(has(shown(permissions), ">presentity<"));
    CHECK(has(shown(permissions), ">person<"));
}

TEST_CASE("RFC 5025 3.3.2.14: an unknown attribute by its name; a known one not so (AV15, AV16)") {
    auto permissions = all_components();
    permissions.grant_unknown({"urn:ietf:params:xml:ns:pidf:rpid", "mood"});
    permissions.grant_unknown({"urn:ietf:params:xml:ns:pidf:cipid", "homepage"});

    CHECK(!has(shown(permissions), "mood"));
    CHECK(has(shown(permissions), "ci:homepage"));
    CHECK(!has(shown(permissions), "urn:z"));
    permissions.grant_unknown({"urn:z", "more"});
    CHECK(has(shown(permissions), "urn:z"));
}

TEST_CASE("RFC 5025 4: filtering twice is filtering once, whatever is granted") {
    std::mt19937 random(20270115);
    const std::vector<Selector> selectors{
        {SelectBy::class_, "work"},     {SelectBy::occurrence_id, "m"},
        {SelectBy::occurrence_id, "p"}, {SelectBy::contact, "sip:a@192.0.2.1"},
        {SelectBy::scheme, "mailto"},   {SelectBy::device_id, "urn:device:1"}};
    const auto some = [&] {
        Components components;
        components.is_all = random() % 3 == 0;
        if (!components.is_all && random() % 2 == 0) components.add(selectors[random() % 6]);
        return components;
    };
    std::set<std::string> seen;
    for (int round = 0; round < 300; ++round) {
        Permissions permissions;
        permissions.services = some();
        permissions.persons = some();
        permissions.devices = some();
        permissions.attributes = random() % (1U << 18);
        permissions.user_input = static_cast<UserInput>(random() % 4);
        permissions.has_all_attributes = random() % 8 == 0;
        if (random() % 2 == 0) permissions.grant_unknown({"urn:z", "more"});
        // Read of the whole document (RFC 5025 3.3.1.1): what is hidden selects once.
        const auto& selected = permissions.services.selected;
        if (!selected.empty() && selected[0].by == SelectBy::class_)
            permissions.grant(Attribute::class_);

        const auto once = shown(permissions);
        CHECK(shown(once, permissions) == once);
        seen.insert(once);
    }
    CHECK(seen.size() > 100);
}

TEST_CASE("RFC 4745 10.2: grants add up, and never take away") {
    Permissions a;
    a.services.add(Selector{SelectBy::scheme, "sip"});
    a.user_input = UserInput::bare;
    Permissions b;
    b.services.add(Selector{SelectBy::occurrence_id, "m"});
    b.grant(Attribute::mood);
    auto both = a;
    both.add(b);
    auto other = b;
    other.add(a);

    CHECK(both == other);
    CHECK(both.services.selected.size() == 2);
    CHECK(both.user_input == UserInput::bare);
    CHECK(both.has(Attribute::mood));
    both.add(all_permissions());
    CHECK(both.services.is_all);
    CHECK(both.services.selected.empty());
}

TEST_CASE("RFC 4745 10.2: many grants at once are one after the other") {
    std::mt19937 random(20270115);
    const std::vector<std::string> values{"",        "a", "b", "sip", "sip:a@x", "sip:a@x.example",
                                          "sip:a@xy"};
    const auto some = [&] {
        Components components;
        components.is_all = random() % 40 == 0;
        for (auto left = components.is_all ? 0 : random() % 3; left > 0; --left)
            components.add(
                Selector{static_cast<SelectBy>(random() % 3), values[random() % values.size()]});
        return components;
    };
    for (const std::size_t count : {0, 1, 2, 7, 400}) {
        std::vector<Permissions> grants(count);
        GrantSum all;
        Permissions sum;
        for (auto& each : grants) {
            each.services = some();
            each.persons = some();
            each.devices = some();
            each.attributes = 1U << random() % 18;
            each.user_input = static_cast<UserInput>(random() % 4);
            each.has_all_attributes = random() % 10 == 0;
            each.dialog_view = static_cast<DialogView>(random() % 4);
            each.grant_unknown({"urn:z", values[random() % values.size()]});
            all.add(each);
            sum.add(each);
        }
        CHECK(all.total() == sum);
    }
}

TEST_CASE("RFC 5025 3.1.2: the sphere is what all who name one agree on") {
    const auto with = [](const char* sphere) {
        return admitted(in_presence("<dm:person id='p'><rpid:sphere>" + std::string(sphere) +
                                    "</rpid:sphere></dm:person>"));
    };
    Sphere sphere;
    sphere.add(admitted(in_presence("")));
    CHECK(!sphere.value());
    sphere.add(with("Work"));
    CHECK(sphere.value() == "work");
    sphere.add(with("<rpid:work/>"));
    CHECK(sphere.value() == "work");
    sphere.add(with("home"));
    CHECK(!sphere.value());
    sphere.add(with("work"));
    CHECK(!sphere.value());
}

}  // namespace herald::pidf::permissions_test
