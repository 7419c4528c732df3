// tests/unit/packages/ua_profile_test.cpp: who may have which profile, and how it is told.
#include "packages/ua_profile.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "packages/enrolment.h"
#include "packages/external_body.h"
#include "packages/profile_link.h"

namespace herald::packages::ua_profile_test {
namespace {

constexpr base::WallTime kNow{std::chrono::seconds(1'800'000'000)};

/// A device that asks, and what there is.
struct Sample {
    std::vector<std::pair<std::string_view, std::string>> parameters{
        {"profile-type", "device"}, {"vendor", "snom"}, {"model", "D785"}, {"version", "10"}};
    std::vector<std::string_view> accepted{"text/plain"};
    Asked asked;
    ProfileShelf shelf;
    ProfileSettings settings;

    Sample() {
        asked.aor = "sip:urn%3Auuid%3A00000000-0000-1000-8000-00041312ab34@example.com";
        asked.watcher = "sip:alice@example.com";
        asked.has_accept = true;
        shelf.profiles = ProfileSet::of({});
        shelf.url = "https://p.example.com";
        shelf.key = {1, 2};
    }

    void put(DeviceProfile profile) {
        auto made = finished(std::move(profile));
        REQUIRE(made);
        shelf.profiles = *ProfileSet::with(*shelf.profiles, *made);
    }
    Result<std::string> manner() {
        asked.parameters = parameters;
        asked.accepted = accepted;
        asked.settings = &settings;
        asked.common = &shelf;
        return ua_profile().manner(asked);
    }
    FaultKind fault() {
        const auto made = manner();
        REQUIRE_FALSE(made);
        return made.fault().kind;
    }
    Composed compose() {
        const auto made = manner();
        REQUIRE(made);
        EventState state{asked.aor, {}, kNow, &settings};
        state.common = &shelf;
        View view{"", asked.aor};
        view.manner = *made;
        return ua_profile().compose(state, view);
    }
};

DeviceProfile any(std::string text = "mac={{device.mac}}") {
    DeviceProfile profile;
    profile.name = "any";
    profile.body = {{}, "text/plain", std::move(text), true, nullptr};
    return profile;
}

DeviceProfile secret() {
    auto profile = any();
    profile.is_secret = true;
    return profile;
}

}  // namespace

TEST_CASE("RFC 6080 6.5: a profile is sent whole where its type is accepted and it is small") {
    Sample sample;
    sample.put(any());
    auto composed = sample.compose();
    CHECK(composed.document.type == "text/plain");
    CHECK(composed.document.body == "mac=00041312ab34");
    CHECK_FALSE(composed.is_secret);
    CHECK_FALSE(composed.stale_at);

    sample.accepted = {"text/*;q=0.5", "message/external-body"};
    CHECK(sample.compose().document.type == "text/plain");
    sample.settings.inline_up_to = 5;
    composed = sample.compose();
    CHECK(composed.document.type.starts_with("message/external-body; access-type=\"URL\"; "));
    CHECK(composed.stale_at);
    sample.accepted = {"text/plain;q=0.0", "message/external-body"};
    CHECK(sample.compose().document.type.starts_with("message/external-body"));
    sample.asked.has_accept = false;
    sample.accepted = {};
    CHECK(sample.compose().document.type == "text/plain");
}

TEST_CASE("RFC 4483 5: a reference says where, how long, how large, and by its id which content") {
    Sample sample;
    sample.put(any("abc"));
    sample.accepted = {"message/external-body"};

    const auto first = sample.compose();

    const auto& type = first.document.type;
    CHECK(type.find("expiration=\"Fri, 15 Jan 2027 09:00:00 GMT\"") != std::string::npos);
    CHECK(type.find("; size=3; hash=a9993e364706816aba3e25717850c26c9cd0d89d") !=
          std::string::npos);
    CHECK(type.find("URL=\"https://p.example.com/p/") != std::string::npos);
    CHECK(first.document.body.starts_with("Content-Type: text/plain\r\nContent-ID: <v"));
    CHECK(first.document.body.ends_with(".any@p.example.com>\r\n\r\n"));
    CHECK(sample.compose().document.body == first.document.body);
    sample.put(any("abd"));
    const auto second = sample.compose();
    CHECK(second.document.body != first.document.body);
    CHECK(second.fingerprint != first.fingerprint);
}

TEST_CASE("RFC 4483: the URL leads to what it says") {
    Sample sample;
    sample.put(any());
    sample.accepted = {"application/url"};
    const auto url = sample.compose().document.body;
    REQUIRE(url.starts_with("https://p.example.com/p/"));
    REQUIRE(url.ends_with("/any"));
    const auto token = url.substr(24, url.size() - 28);

    const auto link = link_in(token, sample.shelf.key);

    REQUIRE(link);
    const auto profile = sample.shelf.profiles->find(link->type, link->profile);
    REQUIRE(profile);
    CHECK(link->version == sample.shelf.profiles->version_of(*profile));
    CHECK(link->expires_at == kNow + std::chrono::hours(1));
    CHECK(sample.shelf.profiles->render(*profile, link->file, link->facts)->body ==
          "mac=00041312ab34");
}

TEST_CASE("RFC 6080 5.2: a secret is whole over TLS for who proved who he is, else by https") {
    Sample sample;
    sample.put(secret());
    sample.asked.is_protected = true;
    auto composed = sample.compose();
    CHECK(composed.document.body == "mac=00041312ab34");
    CHECK(composed.is_secret);

    sample.asked.is_protected = false;
    composed = sample.compose();
    CHECK(composed.document.body.empty());
    CHECK(composed.is_secret);

    sample.accepted = {"text/plain", "message/external-body"};
    composed = sample.compose();
    CHECK(composed.document.type.starts_with("message/external-body"));
    CHECK(composed.document.body.find("mac=") == std::string::npos);
    CHECK_FALSE(composed.is_secret);

    sample.shelf.url = "http://p.example.com";
    CHECK(sample.compose().document.body.empty());
}

TEST_CASE("RFC 6080 5.2: not even a management server's secret URL goes in clear") {
    Sample sample;
    auto profile = secret();
    profile.body.text.clear();
    profile.management_url = "https://acs.example.com/?token=geheim";
    sample.put(profile);
    sample.accepted = {"application/url"};
    CHECK(sample.compose().document.body.find("geheim") == std::string::npos);
    sample.asked.is_protected = true;
    CHECK(sample.compose().document.body == "https://acs.example.com/?token=geheim");
}

TEST_CASE("RFC 6080 6.6: who gets which refusal") {
    Sample sample;
    sample.put(any());
    sample.accepted = {"application/x-foo"};
    CHECK(sample.fault() == FaultKind::not_acceptable);
    sample.accepted = {"application/x-foo", "message/external-body"};
    CHECK(sample.manner());
    sample.shelf.url.clear();
    CHECK(sample.fault() == FaultKind::not_acceptable);
    sample.parameters[0].second = "foo";
    CHECK(sample.fault() == FaultKind::not_found);
    sample.parameters[0].second = "application";
    CHECK(sample.manner());
    CHECK(sample.compose().document.body.empty());
    sample.parameters[0].second = "user";
    CHECK(sample.fault() == FaultKind::forbidden);
    sample.asked.is_owner = sample.asked.is_known = true;
    CHECK(sample.manner());
    sample.asked.is_known = false;
    CHECK(sample.fault() == FaultKind::forbidden);
    sample.parameters.erase(sample.parameters.begin());
    CHECK(sample.fault() == FaultKind::malformed);
}

TEST_CASE("RFC 6080 5.1.4.2: who is anonymous gets what is public, or is asked for a password") {
    Sample sample;
    auto open = any("open");
    open.is_public = true;
    sample.put(open);
    sample.asked.watcher = {};
    CHECK(sample.fault() == FaultKind::forbidden);
    sample.settings.admits_unknown = true;
    CHECK(sample.compose().document.body == "open");
    sample.asked.can_prove = true;
    CHECK(sample.fault() == FaultKind::unauthenticated);
    sample.settings.admits_anonymous = true;
    CHECK(sample.compose().document.body == "open");
    auto better = any("better");
    better.name = "snom";
    better.vendor = "snom";
    sample.put(better);
    CHECK(sample.fault() == FaultKind::unauthenticated);
    sample.asked.can_prove = false;
    CHECK(sample.compose().document.body == "open");
}

TEST_CASE("RFC 6080 5.1.4.2: from a bootstrap network public profiles need no password") {
    Sample sample;
    auto open = any("open");
    open.is_public = true;
    sample.put(open);
    sample.asked.watcher = {};
    sample.asked.can_prove = true;
    sample.settings.bootstrap_networks = {*AddressBlock::parse("192.0.2.0/24")};
    sample.asked.address = "192.0.3.10";
    CHECK(sample.fault() == FaultKind::unauthenticated);
    sample.asked.address = "192.0.2.10";
    CHECK(sample.compose().document.body == "open");
    auto better = any("better");
    better.name = "snom";
    better.vendor = "snom";
    sample.put(better);
    CHECK(sample.fault() == FaultKind::unauthenticated);
    sample.asked.can_prove = false;
    CHECK(sample.compose().document.body == "open");
    sample.asked.address = "192.0.3.10";
    CHECK(sample.fault() == FaultKind::forbidden);
}

TEST_CASE("a list of bootstrap networks has networks in it") {
    const auto keys = ua_profile().keys();
    const auto key = std::find_if(keys.begin(), keys.end(), [](const SettingKey& each) {
        return each.name == "bootstrap_networks";
    });
    REQUIRE(key != keys.end());
    CHECK(key->check("192.0.2.0/24", {}).empty());
    CHECK(key->check("192.0.2.0/40", {}).find("192.0.2.0/40") != std::string::npos);
    Values values(keys);
    values[static_cast<std::size_t>(key - keys.begin())] =
        std::vector<std::string>{"192.0.2.0/24", "2001:db8::/32"};
    const auto made = ua_profile().settings(values);
    REQUIRE(made);
    const auto& settings = dynamic_cast<const ProfileSettings&>(**made);
    CHECK(settings.is_bootstrap("2001:db8::7"));
    CHECK_FALSE(settings.is_bootstrap("198.51.100.1"));
}

TEST_CASE("RFC 6080 5.1.4.1: a local network's profile tells nothing of one device") {
    Sample sample;
    sample.parameters[0].second = "local-network";
    sample.asked.aor = "sip:_sipuaconfig.example.com";
    sample.asked.instance = "urn:uuid:00000000-0000-1000-8000-00041312ab34";
    sample.asked.user_agent = "x (MAC=00041312AB34)";
    auto profile = any("{{account.domain}}/{{device.mac}}/{{device.user_agent}}/{{device.vendor}}");
    profile.type = ProfileType::local_network;
    sample.put(profile);
    CHECK(sample.compose().document.body == "example.com///snom");
    const auto made = sample.manner();
    sample.asked.instance = "urn:uuid:1";
    CHECK(*sample.manner() == *made);
}

TEST_CASE("a manner is bounded, whatever a device says of itself") {
    Sample sample;
    const std::string much(5000, 'x');
    for (auto& [name, value] : sample.parameters) {
        if (name != "profile-type") value = much;
    }
    sample.asked.user_agent = much;
    sample.asked.instance = much;
    const std::string type = "a/" + much;
    for (int i = 0; i < 100; ++i) sample.accepted.push_back("text/x-this-is-one-of-many");
    sample.accepted.push_back(type);
    const auto made = sample.manner();
    REQUIRE(made);
    CHECK(made->size() < 2500);
    const auto back = enrolment_from(*made);
    REQUIRE(back);
    CHECK(back->accepted.size() == 16);
    CHECK(to_text(*back) == *made);
}

TEST_CASE("RFC 6080 6.2: without an Accept a refresh keeps what was accepted") {
    Sample sample;
    sample.put(any());
    const auto first = sample.manner();
    REQUIRE(first);
    sample.asked.has_accept = false;
    sample.accepted = {};
    sample.asked.earlier = *first;
    CHECK(*sample.manner() == *first);
}

TEST_CASE("RFC 2046 5.1.1: no part holds the line between the parts") {
    const Document parts[] = {{"text/plain", "a"}, {"text/xml", "<b/>"}};
    const auto made = multipart(parts);
    const auto at = made.type.find("boundary=\"") + 10;
    const auto boundary = made.type.substr(at, made.type.size() - at - 1);
    const Document hostile[] = {{"text/plain", "--" + boundary + "--"}, {"text/xml", "<b/>"}};
    CHECK(multipart(hostile).type != made.type);
    CHECK(made.body == "--" + boundary + "\r\nContent-Type: text/plain\r\n\r\na\r\n--" + boundary +
                           "\r\nContent-Type: text/xml\r\n\r\n<b/>\r\n--" + boundary + "--\r\n");
}

}  // namespace herald::packages::ua_profile_test
