// tests/unit/server/core/duration_test.cpp: how long what is asked for is granted.
#include "server/core/duration.h"

#include <doctest/doctest.h>

namespace herald::server::duration_test {

namespace {

constexpr ExpiryRules kRules{.standard = 3600, .minimum = 60, .maximum = 7200};

}  // namespace

TEST_CASE("RFC 6665 4.2.1.1: durations granted") {
    CHECK(granted_expires(std::nullopt, kRules) == 3600);
    CHECK(granted_expires(0, kRules) == 0);
    CHECK(granted_expires(1, kRules) == std::nullopt);
    CHECK(granted_expires(59, kRules) == std::nullopt);
    CHECK(granted_expires(60, kRules) == 60);
    CHECK(granted_expires(7200, kRules) == 7200);
    CHECK(granted_expires(7201, kRules) == 7200);
    CHECK(granted_expires(UINT32_MAX, kRules) == 7200);
}

TEST_CASE("RFC 6665 4.2.1.1: an hour is never too brief") {
    constexpr ExpiryRules kLong{.standard = 7200, .minimum = 7200, .maximum = 86400};
    CHECK(granted_expires(3599, kLong) == std::nullopt);
    CHECK(granted_expires(3600, kLong) == 3600);
}

TEST_CASE("clamping raises what is too brief to the minimum and touches nothing else") {
    auto rules = kRules;
    rules.is_clamping = true;
    CHECK(granted_expires(0, rules) == 0);
    CHECK(granted_expires(1, rules) == 60);
    CHECK(granted_expires(59, rules) == 60);
    CHECK(granted_expires(61, rules) == 61);
    CHECK(granted_expires(99'999, rules) == 7200);
}

TEST_CASE("what is alive is told to have a second at the least, and what was granted at the most") {
    const base::WallTime now{std::chrono::hours(500'000)};
    CHECK(told_seconds(now + std::chrono::seconds(100), now, 600) == 100);
    CHECK(told_seconds(now + std::chrono::milliseconds(99'500), now, 600) == 100);
    CHECK(told_seconds(now + std::chrono::hours(1), now, 600) == 600);
    CHECK(told_seconds(now, now, 600) == 1);
    CHECK(told_seconds(now - std::chrono::seconds(4), now, 600) == 1);
}

}  // namespace herald::server::duration_test
