// tests/unit/server/followed_clock_test.cpp: what the server's wall clocks follow.
#include "server/followed_clock.h"

#include <doctest/doctest.h>

#include "tests/support/captured_log.h"

namespace herald::server::followed_clock_test {
namespace {

using namespace std::chrono_literals;

double ahead_of(const base::Metrics& metrics) {
    for (const auto& sample : metrics.collect()) {
        if (sample.name == "herald_cluster_clock_offset_seconds") return sample.value;
    }
    FAIL("no such metric");
    return 0;
}

/// A clock's, less the system's; what passes meanwhile is far below a second.
base::Duration apart(const base::FollowingClock& clock) {
    const auto wall = clock.wall().time_since_epoch() - clock.now().time_since_epoch();
    return wall - base::read_system_clock().offset;
}

base::ClockReading ahead(base::Duration by) {
    auto reading = base::read_system_clock();
    reading.offset += by;
    return reading;
}

TEST_CASE("without a database's clock the system's is followed, far ahead in a step") {
    base::Metrics metrics;
    const FollowedClock followed(metrics);
    base::FollowingClock clock;

    CHECK(followed.follow(clock, ahead(9s)) == 0s);
    CHECK(apart(clock) < 1s);
    CHECK(followed.follow(clock, ahead(-1h)) == 0s);
    CHECK(apart(clock) > -1s);
    const auto step = followed.follow(clock, ahead(1h));
    CHECK(step > 59min);
    CHECK(apart(clock) > 59min);
    CHECK(ahead_of(metrics) == 0);
}

TEST_CASE(
    "clocks start at the database's, and from then on neither it nor the system's moves them in a "
    "step") {
    base::Metrics metrics;
    FollowedClock followed(metrics);
    base::FollowingClock clock;

    const auto start = followed.on_database_clock({ahead(1s), {}}, ahead(0s));
    REQUIRE(start);
    clock.start_at(*start);
    CHECK(apart(clock) > 900ms);
    CHECK(ahead_of(metrics) == 1);

    CHECK_FALSE(followed.on_database_clock({ahead(1h), {}}, ahead(0s)));
    CHECK(ahead_of(metrics) == 3600);
    CHECK(followed.follow(clock, ahead(0s)) == 0s);
    CHECK(apart(clock) < 2s);
    CHECK(followed.follow(clock, ahead(1h)) == 0s);
    CHECK(apart(clock) < 2s);

    CHECK_FALSE(followed.on_database_clock({ahead(-90s), {}}, ahead(0s)));
    CHECK(ahead_of(metrics) == -90);
    CHECK(followed.follow(clock, ahead(0s)) == 0s);
    CHECK(apart(clock) > 0s);
}

TEST_CASE("a database and a machine that are two seconds apart at the start are worth a warning") {
    const auto is_warned_of = [](base::Duration apart, base::Duration within) {
        test::CapturedLog log;
        base::Metrics metrics;
        FollowedClock followed(metrics);
        const auto system = ahead(0s);
        (void)followed.on_database_clock({{.offset = system.offset + apart, .within = within}, {}},
                                         system);
        return !log.of("store.clock_differs").empty();
    };

    CHECK(is_warned_of(2001ms, 0s));
    CHECK(is_warned_of(-2001ms, 0s));
    CHECK_FALSE(is_warned_of(1999ms, 0s));
    CHECK_FALSE(is_warned_of(-1999ms, 0s));
    CHECK_FALSE(is_warned_of(3s, 1500ms));
}

TEST_CASE("cl:T-2: where the database is far from the nodes theirs is where clocks start") {
    const auto start_of = [](base::Duration database, base::Duration nodes, std::size_t warnings) {
        test::CapturedLog log;
        base::Metrics metrics;
        FollowedClock followed(metrics);
        const auto system = ahead(0s);
        const base::ClockReading of_nodes{.offset = system.offset + nodes, .within = {}};
        const auto start = followed.on_database_clock(
            {{.offset = system.offset + database, .within = {}}, of_nodes}, system);
        REQUIRE(start);
        CHECK(log.of("store.clock_differs").size() == warnings);
        CHECK(ahead_of(metrics) == std::chrono::round<std::chrono::seconds>(database).count());
        return start->offset - system.offset;
    };

    CHECK(start_of(1h, 0s, 1) == 0s);
    CHECK(start_of(-1h, 500ms, 1) == 500ms);
    CHECK(start_of(0s, 2001ms, 1) == 2001ms);
    CHECK(start_of(0s, 1999ms, 0) == 0s);
    CHECK(start_of(1h, 1h, 1) == 1h);
}

}  // namespace
}  // namespace herald::server::followed_clock_test
