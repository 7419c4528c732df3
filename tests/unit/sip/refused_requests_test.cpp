// tests/unit/sip/refused_requests_test.cpp: what was turned away is known for a while.
#include "sip/refused_requests.h"

#include <random>
#include <vector>

#include <doctest/doctest.h>

namespace herald::sip::refused_requests_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Hash128 kOne{.low = 1, .high = 7 << 16};

struct Bench {
    base::Metrics metrics;
    base::Counter& forgotten = metrics.counter("forgotten", "");
    RefusedRequests refused{seconds(32), forgotten};
};

}  // namespace

TEST_CASE("what was refused is known until its time is over") {
    Bench bench;
    auto& refused = bench.refused;
    const base::Instant start{seconds(100)};
    CHECK_FALSE(refused.has(kOne, start));
    refused.remember(kOne, start);
    CHECK(refused.has(kOne, start));
    CHECK(refused.has(kOne, start + seconds(31)));
    CHECK_FALSE(refused.has(kOne, start + seconds(32)));
    CHECK_FALSE(refused.has({.low = 1, .high = 8 << 16}, start));
    CHECK_FALSE(refused.has({.low = 2, .high = 7 << 16}, start));
}

TEST_CASE("of nine that share a shelf the oldest is forgotten, which is told") {
    Bench bench;
    const base::Instant start{seconds(100)};
    const auto nth = [](std::uint64_t n) {
        return base::Hash128{.low = 1 + (n << 40), .high = (n + 2) << 16};
    };
    for (std::uint64_t n = 0; n < 9; ++n)
        bench.refused.remember(nth(n), start + n * milliseconds(100));
    const auto now = start + seconds(1);
    CHECK_FALSE(bench.refused.has(nth(0), now));
    for (std::uint64_t n = 1; n < 9; ++n) CHECK(bench.refused.has(nth(n), now));
    CHECK(bench.forgotten.value() == 1);
    // Once no copy can come any more it is nobody's loss.
    bench.refused.remember(nth(10), start + seconds(60));
    CHECK(bench.forgotten.value() == 1);
}

TEST_CASE("of 20,000 a second nearly all are known when Timer E sends the fourth copy") {
    Bench bench;
    std::mt19937_64 random(1);
    std::vector<base::Hash128> all(500'000);
    for (auto& each : all) each = {.low = random(), .high = random()};
    const auto when = [](std::size_t n) {
        return base::Instant{seconds(100)} + n * std::chrono::microseconds(50);
    };
    std::size_t unknown = 0;
    for (std::size_t n = 0; n < all.size(); ++n) {
        bench.refused.remember(all[n], when(n));
        // T1 is half a second: copies are sent after 0.5, 1.5, 3.5 and 7.5 s (RFC 3261 17.1.2.2).
        if (n >= 150'000 && !bench.refused.has(all[n - 150'000], when(n))) ++unknown;
    }
    CHECK(unknown < 35);
}

TEST_CASE("nothing is known where nothing was refused, not even zeros") {
    Bench bench;
    auto& refused = bench.refused;
    CHECK_FALSE(refused.has({}, base::Instant{}));
    refused.remember(kOne, base::Instant{seconds(1)});
    CHECK_FALSE(refused.has({}, base::Instant{seconds(1)}));
}

}  // namespace herald::sip::refused_requests_test
