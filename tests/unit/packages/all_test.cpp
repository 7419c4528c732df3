// tests/unit/packages/all_test.cpp: the list of packages, and what holds for every one of them.
#include <doctest/doctest.h>

#include "packages/package.h"

namespace herald::packages::all_test {

TEST_CASE("RFC 6665 8.2.1: packages are found by exact name, then in any case") {
    REQUIRE(find("presence") != nullptr);
    CHECK(find("presence")->profile().event == "presence");
    REQUIRE(find("Message-SUMMARY") != nullptr);
    CHECK(find("Message-SUMMARY")->profile().event == "message-summary");

    CHECK(find("") == nullptr);
    CHECK(find("presence ") == nullptr);
    CHECK(find("presence.winfo.winfo.winfo") == nullptr);
    CHECK(find("reminder") == nullptr);
}

TEST_CASE(
    "every package has a usable profile and answers with no inputs at all, in each of its types") {
    for (const Package* package : all()) {
        const Profile& profile = package->profile();
        CAPTURE(profile.event);
        CHECK(find(profile.event) == package);
        CHECK(!profile.notify_types.empty());
        CHECK(!profile.reference.empty());
        CHECK(profile.min_expires <= profile.default_expires);
        CHECK(profile.default_expires <= profile.max_expires);
        for (const std::string_view type : profile.notify_types) {
            const Composed composed = package->compose(
                {"sip:alice@example.com", {}, base::WallTime()}, {type, "sip:alice@example.com"});
            CHECK(composed.document.type == type);
            // What there is to tell those that enrol is not in the package.
            CHECK(composed.document.body.empty() == profile.is_enrolment);
            CHECK(!composed.stale_at);
        }
    }
}

}  // namespace herald::packages::all_test
