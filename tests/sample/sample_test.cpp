// tests/sample/sample_test.cpp: the sample packages in a server that was built with them.
#include <string>

#include <doctest/doctest.h>

#include "base/log.h"
#include "packages/package.h"
#include "server/config/config.h"
#include "server/shard/agents.h"
#include "tests/conformance/story.h"
#include "tests/conformance/teller.h"
#include "tests/sample/door_closer.h"
#include "tests/support/places.h"
#include "tests/unit/server/slow_shard.h"

namespace herald {
namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// Alice has published "open".
struct OpenDoor : server::testing::SlowShard {
    OpenDoor() : SlowShard(server::parse_config("[door]\ncloses_after = 300").config) {
        receive(server::testing::request("PUBLISH", kAlice, 1, "<" + kAlice + ">",
                                         "Event: door\nContent-Type: text/vnd.example.door\n"
                                         "Content-Length: 4\n\nopen"));
        finish();
    }
    server::DoorCloser& closer() { return shard.agents().get<server::DoorCloser>(); }
    void watch() {
        receive(server::testing::request("SUBSCRIBE", kAlice, 1, "<" + kAlice + ">",
                                         "Event: door\nContact: <sip:bob@192.0.2.10>\n", "c2"));
        finish();
    }
    std::string last_told() {
        const auto lines = sent();
        return lines.empty() ? std::string() : message(lines.size() - 1);
    }

    const std::string kAlice = "sip:alice@localhost";
};

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

TEST_CASE("an operator's call reaches the package's agent, and its watchers hear of it") {
    OpenDoor server;
    server.watch();
    const auto notify = server.last_told();
    REQUIRE(contains(notify, "\r\n\r\nopen"));
    server.receive(server::testing::answer_to(notify, "200 OK"));
    server.pass(std::chrono::seconds(1));
    bool is_done = false;

    server.closer().close(server.kAlice,
                          [&](const Status& status) { is_done = status.has_value(); });
    server.finish();

    CHECK(is_done);
    CHECK(contains(server.last_told(), "\r\n\r\nclosed"));
    CHECK(server.closer().held() == 0);
}

TEST_CASE("what the package's agent waits for leaves with its cell") {
    OpenDoor server;
    REQUIRE(server.closer().held() == 1);
    const auto timers = server.loop.timers().size();

    server.closer().forget(server.shard.context().cell_of(server.kAlice));

    CHECK(server.closer().held() == 0);
    CHECK(server.loop.timers().size() == timers - 1);
}

}  // namespace herald
