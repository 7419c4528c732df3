// tests/unit/packages/mwi_settings_test.cpp: [mwi] of the configuration file, key by key.
#include "packages/mwi_settings.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "packages/mailbox.h"

namespace herald::packages::mwi_settings_test {
namespace {

/// What the check of key `name` says of `value`, behind `earlier` elements.
std::string mistake(std::string_view name, std::string_view value,
                    const std::vector<std::string>& earlier = {}) {
    const auto keys = message_summary().keys();
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [name](const SettingKey& each) { return each.name == name; });
    REQUIRE(key != keys.end());
    return key->check(value, earlier);
}

}  // namespace

TEST_CASE("RFC 3842 5.2: the account is a URI, with places for user and host") {
    for (const char* good : {"", "sip:*97@{host}", "sip:{user}@vm.example.com", "tel:+1234"})
        CHECK_MESSAGE(mistake("account", good).empty(), good);
    for (const char* bad : {"*97", "sip:", "sip:{who}@x", "sip:a b@c", "<sip:a@b>", ":x"})
        CHECK_MESSAGE(!mistake("account", bad).empty(), bad);
}

TEST_CASE("the settings are what the values say, and the defaults without any") {
    const auto made = message_summary().settings(Values(message_summary().keys()));
    REQUIRE(made.has_value());
    const auto& settings = static_cast<const MwiSettings&>(**made);
    CHECK(settings.account.empty());
    CHECK_FALSE(settings.is_unsolicited);
    CHECK_FALSE(settings.is_unsolicited_active);
    CHECK(settings.message_headers.empty());
}

TEST_CASE("RFC 3842 3.5: a source that lists each message once is told whole, where they matter") {
    const std::string type(kSimpleMessageSummary);
    const std::string counts = "Messages-Waiting: yes\r\nVoice-Message: 2/0\r\n";
    const Document earlier{type, counts + "\r\nMessage-ID: <1@x>\r\nSubject: lunch\r\n"};
    const Document told{type, counts + "\r\nMessage-ID: <2@x>\r\nSubject: dinner\r\n"};
    MwiSettings settings;

    CHECK(message_summary().merge(earlier, told, &settings).body == told.body);
    settings.message_headers = {"Subject"};
    const auto merged = message_summary().merge(earlier, told, &settings).body;

    CHECK(merged.find("lunch") < merged.find("dinner"));
    CHECK(merged.find("dinner") != std::string::npos);
    CHECK(message_summary().merge({}, told, &settings).body.find("dinner") != std::string::npos);
}

}  // namespace herald::packages::mwi_settings_test
