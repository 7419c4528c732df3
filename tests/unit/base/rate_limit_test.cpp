// tests/unit/base/rate_limit_test.cpp: token buckets.
#include "base/rate_limit.h"

#include <doctest/doctest.h>

namespace herald::base {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1000s};

TEST_CASE("a burst passes, then the rate; who waits may go on") {
    RateLimit limit;
    for (int i = 0; i < 3; ++i) CHECK(limit.take("a", 2, 3, kStart) == 0);
    CHECK(limit.take("a", 2, 3, kStart) == 1);
    CHECK(limit.take("b", 2, 3, kStart) == 0);
    CHECK(limit.take("a", 2, 3, kStart + 500ms) == 0);
    CHECK(limit.take("a", 2, 3, kStart + 500ms) == 1);
    CHECK(limit.take("a", 2, 3, kStart + 1h) == 0);
}

TEST_CASE("a slow rate says how long to wait; a rate of zero is none") {
    RateLimit limit;
    CHECK(limit.take("a", 1, 1, kStart) == 0);
    CHECK(limit.take("a", 1, 1, kStart) == 1);
    for (int i = 0; i < 1000; ++i) CHECK(limit.take("z", 0, 1, kStart) == 0);
    CHECK(limit.size() == 1);
}

TEST_CASE("knowledge is bounded: who rested is forgotten first") {
    RateLimit limit(2);
    CHECK(limit.take("a", 1, 1, kStart) == 0);
    CHECK(limit.take("b", 1, 1, kStart + 5s) == 0);
    CHECK(limit.take("c", 1, 1, kStart + 5s) == 0);
    CHECK(limit.size() == 2);
    CHECK(limit.take("b", 1, 1, kStart + 5s) == 1);
}

}  // namespace
}  // namespace herald::base
