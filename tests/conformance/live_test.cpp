// tests/conformance/live_test.cpp: every story that a real server can be told is a test; the others
// are counted by reason.
#include "tests/conformance/live.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "base/log.h"
#include "tests/conformance/story_cases.h"
#include "tests/support/places.h"
#include "tests/support/thorough.h"

namespace herald::conformance {
namespace {

/// Fewer would mean that a change took stories from this test that it could tell.
constexpr int kLeastTold = 370;

bool is_told_live(const Story& story) {
    return only_in_process(story).empty();
}

/// $HERALD_PART is "2/3" for the second of three parts, which are told side by side; all without
/// it.
struct Part {
    int number = 1;
    int of = 1;
};
Part part_of(const char* text) {
    Part part;
    const bool is_one = text && std::sscanf(text, "%d/%d", &part.number, &part.of) == 2 &&
                        part.number >= 1 && part.number <= part.of;
    return is_one ? part : Part{};
}

/// The program as shipped is told all of them, as is any with HERALD_THOROUGH=1; an instrumented
/// one, which takes its time to start, one in three.
bool is_chosen(const Story& story) {
    static const bool tells_all = testing::is_thorough() || std::getenv("HERALD_SHIPPED");
    static const Part part = part_of(std::getenv("HERALD_PART"));
    static int told = 0;
    if (!is_told_live(story)) return false;
    const int at = told++;
    return at % part.of == part.number - 1 && (at / part.of % 3 == 0 || tells_all);
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
    return register_cases(is_chosen, tell_live);
}();

}  // namespace

TEST_CASE("most stories are told live, and the reasons for the others are known") {
    REQUIRE_MESSAGE(stories().has_value(), stories().fault().detail);
    std::map<std::string_view, std::vector<const Story*>> skipped;
    int can_be_told = 0;
    for (const auto& story : *stories()) {
        if (is_told_live(story)) ++can_be_told;
        if (!is_told_live(story)) skipped[only_in_process(story)].push_back(&story);
    }
    std::printf("%d stories of %zu can be told live, %d are here\n", can_be_told, stories()->size(),
                kTold);
    for (const auto& [reason, all] : skipped) {
        std::printf("%zu are not, because %.*s:\n", all.size(), static_cast<int>(reason.size()),
                    reason.data());
        for (const auto* story : all) {
            std::printf("    %s:%u %s\n", story->file.c_str(), story->line,
                        story->headline.c_str());
        }
    }
    CHECK(can_be_told >= kLeastTold);
    CHECK(kTold > 0);
}

}  // namespace herald::conformance
