// tests/unit/packages/profile_set_test.cpp: which profile a device gets, and what may be put.
#include "packages/profile_set.h"

#include <doctest/doctest.h>

#include "packages/profile_link.h"

namespace herald::packages::profile_set_test {
namespace {

DeviceProfile profile(std::string name, std::string text = "x") {
    DeviceProfile made;
    made.name = std::move(name);
    made.body = {{}, "text/plain", std::move(text), true, nullptr};
    return made;
}

ProfileSet::Ptr with(const ProfileSet::Ptr& set, DeviceProfile given) {
    auto made = packages::finished(std::move(given));
    REQUIRE(made);
    auto after = ProfileSet::with(*set, *made);
    REQUIRE(after);
    return *after;
}

std::string refusal(const ProfileSet::Ptr& set, DeviceProfile given) {
    auto made = packages::finished(std::move(given));
    if (!made) return made.fault().detail;
    const auto after = ProfileSet::with(*set, *made);
    REQUIRE_FALSE(after);
    return after.fault().detail;
}

ProfileSet::Ptr none() {
    return ProfileSet::of({});
}

DeviceFacts snom() {
    DeviceFacts facts;
    facts.mac = "00041312ab34";
    facts.vendor = "snom";
    facts.model = "snomD785";
    facts.version = "10.1";
    return facts;
}

std::string chosen(const ProfileSet::Ptr& set, const DeviceFacts& facts,
                   bool is_anonymous = false) {
    const auto found = set->choose(ProfileType::device, facts, is_anonymous);
    return found ? found->name : "none";
}

}  // namespace

TEST_CASE("profiles: the most specific match wins") {
    auto set = none();
    CHECK(chosen(set, snom()) == "none");
    auto any = profile("any");
    any.is_public = true;
    set = with(set, any);
    CHECK(chosen(set, snom()) == "any");
    auto vendor = profile("vendor");
    vendor.vendor = "Snom";
    set = with(set, vendor);
    CHECK(chosen(set, snom()) == "vendor");
    auto model = vendor;
    model.name = "model";
    model.model = "snomd785";
    set = with(set, model);
    CHECK(chosen(set, snom()) == "model");
    auto version = model;
    version.name = "version";
    version.version = "10.1";
    set = with(set, version);
    CHECK(chosen(set, snom()) == "version");
    auto mac = profile("mac");
    mac.target = "00-04-13-12-AB-34";
    set = with(set, mac);
    CHECK(chosen(set, snom()) == "mac");

    auto older = snom();
    older.version = "9";
    older.mac = "000413000000";
    CHECK(chosen(set, older) == "model");
    CHECK(chosen(set, snom(), true) == "any");
}

TEST_CASE("profiles: explain says which and why not the others") {
    auto yealink = profile("y");
    yealink.vendor = "Yealink";
    auto other = profile("other");
    other.target = "sip:alice@example.com";
    const auto set = with(with(with(none(), yealink), other), profile("any"));

    const auto all = set->explain(ProfileType::device, snom());

    REQUIRE(all.size() == 3);
    CHECK(all[0].profile->name == "any");
    CHECK(all[0].is_chosen);
    CHECK(all[1].mismatch == Mismatch::target);
    CHECK(all[2].mismatch == Mismatch::vendor);
    CHECK_FALSE(all[1].is_chosen);
}

TEST_CASE("profiles: what is included is in the document, its version, and may not be taken away") {
    auto set = with(none(), profile("common", "ntp={{account.domain}}\n"));
    set = with(set, profile("phone", "{{include device/common}}mac={{device.mac}}\n"));
    auto facts = snom();
    facts.domain = "example.com";
    const auto phone = set->find(ProfileType::device, "phone");

    CHECK(set->render(*phone, "", facts)->body == "ntp=example.com\nmac=00041312ab34\n");

    const auto version = set->version_of(*phone);
    const auto after = with(set, profile("common", "ntp=other\n"));
    CHECK(after->version_of(*phone) != version);
    CHECK(after->version_for(facts) != set->version_for(facts));
    CHECK(ProfileSet::of(set->page("", 10))->version_of(*phone) == version);
    const auto gone = ProfileSet::without(*set, ProfileType::device, "common");
    REQUIRE_FALSE(gone);
    CHECK(gone.fault().kind == FaultKind::conflict);
    CHECK(gone.fault().detail == "device/phone includes device/common");
}

TEST_CASE("profiles: loops, what is missing, and what multiplies are refused with their line") {
    auto set = with(none(), profile("a", "1"));
    set = with(set, profile("b", "\n{{include device/a}}"));
    CHECK(refusal(set, profile("a", "\n\n{{include device/b}}")) ==
          "\"body\": line 2: device/a includes itself by this");
    CHECK(refusal(set, profile("c", "{{include device/c}}")) ==
          "\"body\": line 1: device/c includes itself by this");
    CHECK(refusal(set, profile("c", "{{include device/nothing}}")) ==
          "\"body\": line 1: there is no profile device/nothing");
    CHECK(refusal(set, profile("c", "x\n{{device.colour}}")).starts_with("\"body\": line 2: "));

    std::string ten;
    for (int i = 0; i < 100; ++i) ten += "{{include device/a}}";
    set = with(set, profile("a", std::string(1000, 'x')));
    set = with(set, profile("hundred", ten));
    std::string more;
    for (int i = 0; i < 100; ++i) more += "{{include device/hundred}}";
    CHECK(refusal(set, profile("much", more)).find("larger than 4 MiB") != std::string::npos);
}

TEST_CASE("profiles: what includes much nothing is refused before it is put together") {
    auto set = with(ProfileSet::of({}), profile("p0", ""));
    std::string hundred;
    for (int i = 0; i < 100; ++i) hundred += "{{include device/p0}}";
    set = with(set, profile("p1", hundred));
    std::string more;
    for (int i = 0; i < 100; ++i) more += "{{include device/p1}}";
    CHECK(refusal(set, profile("p2", more)) ==
          "\"body\": line 1: it is put together of more than 10000 texts");
    // What is there already may not become so by what it includes.
    more.resize(more.size() - std::string_view("{{include device/p1}}").size());
    set = with(set, profile("p2", more));
    CHECK(refusal(set, profile("p0", "{{include device/p3}}")).find("no profile") !=
          std::string::npos);
    set = with(set, profile("p3", ""));
    CHECK(refusal(set, profile("p0", "{{include device/p3}}{{include device/p3}}"))
              .starts_with("device/p2 includes it: "));
}

TEST_CASE("profiles: a secret does not leave by what includes it") {
    auto secret = profile("password", "789");
    secret.is_secret = true;
    auto set = with(ProfileSet::of({}), secret);
    const std::string include = "{{include device/password}}";
    CHECK(refusal(set, profile("phone", include)) ==
          "\"secret\": what it includes is secret, and it is not");
    auto by_file = profile("phone");
    by_file.files = {{"a.cfg", "text/plain", include, true, nullptr}};
    CHECK(refusal(set, by_file).starts_with("\"secret\": "));
    auto phone = profile("phone", include);
    phone.is_secret = true;
    set = with(set, phone);
    // Nor does what becomes one later.
    set = with(ProfileSet::of({}), profile("password", "789"));
    set = with(set, profile("phone", include));
    CHECK(refusal(set, secret).starts_with("device/phone includes it: \"secret\": "));
}

TEST_CASE("profiles: the version of a profile changes with what is included twice removed") {
    auto set = with(ProfileSet::of({}), profile("leaf", "1"));
    set = with(set, profile("middle", "{{include device/leaf}}"));
    set = with(set, profile("root", "{{include device/middle}}{{include device/middle}}"));
    const auto root = set->find(ProfileType::device, "root");
    const auto before = set->version_of(*root);
    set = with(set, profile("leaf", "2"));
    CHECK(set->version_of(*root) != before);
    set = with(set, profile("leaf", "1"));
    CHECK(set->version_of(*root) == before);
}

TEST_CASE("profiles: members are checked") {
    auto bad = profile("a/b");
    CHECK(refusal(none(), bad).starts_with("\"name\": "));
    bad = profile("a");
    bad.is_public = bad.is_secret = true;
    CHECK(refusal(none(), bad).starts_with("\"secret\": "));
    bad = profile("a");
    bad.target = "alice";
    CHECK(refusal(none(), bad).starts_with("\"for\": "));
    bad = profile("a");
    bad.body.content_type = "text/plain\r\nX: y";
    CHECK(refusal(none(), bad).starts_with("\"content_type\": "));
    bad = profile("a");
    bad.management_url = "javascript:alert(1)";
    CHECK(refusal(none(), bad).starts_with("\"management_url\": "));
    bad = profile("a");
    bad.files = {{"../x", "text/plain", "", true, nullptr}};
    CHECK(refusal(none(), bad).starts_with("\"files\": "));
    bad.files = {{"x", "text/plain", "a", true, nullptr}, {"x", "text/plain", "b", true, nullptr}};
    CHECK(refusal(none(), bad) == "\"files\": x is there twice");
    bad.files = {{"x.cfg", "text/plain", "\n{{y}}", true, nullptr}};
    CHECK(refusal(none(), bad).starts_with("\"files.x.cfg\": line 2: "));
}

TEST_CASE("profiles: as a text and back, whatever bytes are in it") {
    auto given = profile("a", "x");
    given.type = ProfileType::local_network;
    given.target = "sip:alice@example.com";
    given.vendor = "v 1";
    given.is_secret = true;
    given.effective_by = 60;
    given.management_url = "https://acs.example.com/";
    given.files = {{"logo.png", "image/png", std::string("\x89PNG\0\n{{", 8), false, nullptr}};

    const auto back = packages::profile_from(packages::to_text(given));

    REQUIRE(back);
    CHECK(packages::to_text(*back) == packages::to_text(given));
    CHECK(back->files.front().text == given.files.front().text);
    CHECK(back->effective_by == 60);
    CHECK(back->is_secret);
    const auto text = packages::to_text(given);
    CHECK_FALSE(packages::profile_from(std::string_view(text).substr(0, text.size() - 1)));
    CHECK_FALSE(packages::profile_from("6 device"));
    auto named = given;
    named.body.name = "no file";
    CHECK_FALSE(packages::profile_from(packages::to_text(named)));
}

TEST_CASE("profile links: nobody else can make or change one") {
    packages::ProfileLink link;
    link.profile = "snom";
    link.file = "snom.xml";
    link.version = 77;
    link.expires_at = base::WallTime(std::chrono::seconds(1'800'003'600));
    link.facts = snom();
    const base::HashKey key{1, 2};

    const auto token = packages::token_of(link, key);
    const auto back = packages::link_in(token, key);

    REQUIRE(back);
    CHECK(back->profile == "snom");
    CHECK(back->file == "snom.xml");
    CHECK(back->version == 77);
    CHECK(back->expires_at == link.expires_at);
    CHECK(back->facts == link.facts);
    CHECK(packages::token_of(link, key) == token);
    CHECK_FALSE(packages::link_in(token, {1, 3}));
    CHECK_FALSE(packages::link_in("", key));
    CHECK_FALSE(packages::link_in("AAAA", key));
    for (std::size_t i = 0; i < token.size(); i += 7) {
        auto changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        CHECK_FALSE(packages::link_in(changed, key));
    }
    CHECK_FALSE(packages::link_in(token.substr(0, token.size() - 4), key));
}

TEST_CASE("a template is read once for each change of its own, whoever gets what is made of it") {
    const auto before = with(with(none(), profile("a", "{{device.mac}}")), profile("b", "old"));
    const auto* compiled = before->find(ProfileType::device, "a")->body.compiled.get();

    for (int i = 0; i < 100; ++i)
        CHECK(before->render(*before->choose(ProfileType::device, snom()), "", snom()).has_value());
    const auto after = with(before, profile("b", "new {{include device/a}}"));

    CHECK(after->find(ProfileType::device, "a")->body.compiled.get() == compiled);
    CHECK(after->render(*after->find(ProfileType::device, "b"), "", snom())->body ==
          "new 00041312ab34");
    CHECK(with(after, profile("a", "{{device.mac}}"))
              ->find(ProfileType::device, "a")
              ->body.compiled.get() != compiled);
}

TEST_CASE("a profile and its version have a name for people, another one after each change") {
    const auto before = with(none(), profile("a", "x"));
    const auto label = before->label_of(*before->find(ProfileType::device, "a"));
    CHECK(label.starts_with("device/a "));
    CHECK(label.size() > 12);
    const auto after = with(before, profile("a", "y"));
    CHECK(after->label_of(*after->find(ProfileType::device, "a")) != label);
}

}  // namespace herald::packages::profile_set_test
