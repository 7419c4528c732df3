// tests/conformance/live_test.cpp: every story that a real server can be told is a test; the others
// are counted by reason.
#include "tests/conformance/live.h"

#include <cstdio>
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "base/log.h"
#include "tests/conformance/story_cases.h"
#include "tests/support/places.h"

namespace herald::conformance {
namespace {

/// Fewer would mean that a change took stories from this test that it could tell.
constexpr int kLeastTold = 170;

bool is_told_live(const Story& story) {
    return only_in_process(story).empty();
}

void tell_live() {
    for (const auto* story : current_stories()) {
        const auto network = claim_network();
        REQUIRE_MESSAGE(network.has_value(), network.fault().detail);
        const auto moved = relocated(*story, *network);
        Teller teller(
            moved, {.make = Live::maker(testing::herald_binary(), *network), .network = *network});
        report(*story, teller.tell());
    }
}

const int kTold = [] {
    base::log_level(base::LogLevel::off);
    return register_cases(is_told_live, tell_live);
}();

}  // namespace

TEST_CASE("most stories are told live, and the reasons for the others are known") {
    REQUIRE_MESSAGE(stories().has_value(), stories().fault().detail);
    std::map<std::string_view, std::vector<const Story*>> skipped;
    for (const auto& story : *stories()) {
        if (!is_told_live(story)) skipped[only_in_process(story)].push_back(&story);
    }
    std::printf("%d stories of %zu are told live\n", kTold, stories()->size());
    for (const auto& [reason, all] : skipped) {
        std::printf("%zu are not, because %.*s:\n", all.size(), static_cast<int>(reason.size()),
                    reason.data());
        for (const auto* story : all) {
            std::printf("    %s:%u %s\n", story->file.c_str(), story->line,
                        story->headline.c_str());
        }
    }
    CHECK(kTold >= kLeastTold);
}

}  // namespace herald::conformance
