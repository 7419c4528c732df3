// tests/sample/sample_test.cpp: the sample packages in a server that was built with them.
#include <string>

#include <doctest/doctest.h>

#include "base/log.h"
#include "packages/package.h"
#include "server/config/config.h"
#include "tests/conformance/story.h"
#include "tests/conformance/teller.h"
#include "tests/support/places.h"

namespace herald {
namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("the stories of the sample packages") {
    base::log_level(base::LogLevel::off);
    const auto stories = conformance::read_stories(testing::in_clone("tests/sample"));
    REQUIRE_MESSAGE(stories.has_value(), stories.fault().detail);
    REQUIRE(!stories->empty());

    for (const auto& story : *stories) {
        const auto mismatch = conformance::Teller(story).tell();

        const auto place = story.file + ":" + std::to_string(mismatch ? mismatch->line : 0);
        CHECK_MESSAGE(!mismatch, place, ": ", mismatch ? mismatch->text : std::string());
    }
}

TEST_CASE("a package's keys are a section of the configuration") {
    const auto example = server::documented_example();
    CHECK(contains(example, "# Doors (a sample).\n[door]\n"));
    CHECK(
        contains(example, "# What is said of a door that nobody published.\nunknown = \"closed\""));

    const auto mistakes = [](std::string_view toml) {
        std::string all;
        for (const auto& each : server::parse_config(toml).mistakes)
            all += std::to_string(each.line) + ": " + each.text + "\n";
        return all;
    };
    CHECK(mistakes("[door]\nunknown = 'open'").empty());
    CHECK(mistakes("[door]\nunknown = ''") == "2: door.unknown: a door has some state\n");
    CHECK(mistakes("[door]\nunknown = 'ajar'") == "2: door.unknown: a door is open or closed\n");
    CHECK(contains(mistakes("[door]\nunknwon = 'open'"), "did you mean door.unknown?"));
}

}  // namespace herald
