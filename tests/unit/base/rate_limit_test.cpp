// tests/unit/base/rate_limit_test.cpp: token buckets of a whole process.
#include "base/rate_limit.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace herald::base::rate_limit_test {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1000s};

TEST_CASE("a burst passes, then the rate; who waits may go on") {
    RateLimit limit;
    const RateLimit::Rate rate{.per_second = 2, .burst = 3};
    for (int i = 0; i < 3; ++i) CHECK(limit.take("a", rate, kStart) == 0);
    CHECK(limit.take("a", rate, kStart) == 1);
    CHECK(limit.take("b", rate, kStart) == 0);
    CHECK(limit.take("a", rate, kStart + 500ms) == 0);
    CHECK(limit.take("a", rate, kStart + 500ms) == 1);
    CHECK(limit.take("a", rate, kStart + 1h) == 0);
}

TEST_CASE("a slow rate says how long to wait; a rate of zero is none") {
    RateLimit limit;
    CHECK(limit.take("a", {.per_second = 1, .burst = 1}, kStart) == 0);
    CHECK(limit.take("a", {.per_second = 1, .burst = 1}, kStart) == 1);
    for (int i = 0; i < 1000; ++i) CHECK(limit.take("z", {}, kStart) == 0);
}

TEST_CASE("a bucket is the process's: four threads together get no more than one would") {
    RateLimit limit;
    std::atomic<int> taken = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 1000; ++n) {
                if (limit.take("a", {.per_second = 1, .burst = 100}, kStart) == 0) ++taken;
            }
        });
    }
    for (auto& thread : threads) thread.join();

    // Two that begin at the very same instant may each find it unknown.
    CHECK(taken >= 100);
    CHECK(taken <= 103);
}

TEST_CASE("memory is fixed, and who hurries most is forgotten last") {
    RateLimit limit(32);  // one set: four of them
    const RateLimit::Rate rate{.per_second = 1, .burst = 10};
    for (int i = 0; i < 10; ++i) CHECK(limit.take("a", rate, kStart) == 0);
    for (int i = 0; i < 1000; ++i) limit.take(std::to_string(i), rate, kStart);

    CHECK(limit.bytes() == 32);
    CHECK(limit.take("a", rate, kStart) == 1);
}

}  // namespace
}  // namespace herald::base::rate_limit_test
