// tests/unit/sip/refused_requests_test.cpp: what was turned away is known for a while.
#include "sip/refused_requests.h"

#include <random>
#include <vector>

#include <doctest/doctest.h>

namespace herald::sip {
namespace {

using std::chrono::seconds;

constexpr base::Hash128 kOne{.low = 1, .high = 7};

}  // namespace

TEST_CASE("what was refused is known until its time is over") {
    RefusedRequests refused(seconds(32));
    const base::Instant start{seconds(100)};
    CHECK_FALSE(refused.has(kOne, start));
    refused.remember(kOne, start);
    CHECK(refused.has(kOne, start));
    CHECK(refused.has(kOne, start + seconds(31)));
    CHECK_FALSE(refused.has(kOne, start + seconds(32)));
    CHECK_FALSE(refused.has({.low = 1, .high = 8}, start));
    CHECK_FALSE(refused.has({.low = 2, .high = 7}, start));
}

TEST_CASE("of two that share a place the later one is known, and nobody is taken for another") {
    RefusedRequests refused(seconds(32));
    const base::Instant start{seconds(100)};
    const base::Hash128 other{.low = 1 + (std::uint64_t{1} << 40), .high = 9};
    refused.remember(kOne, start);
    refused.remember(other, start);
    CHECK_FALSE(refused.has(kOne, start));
    CHECK(refused.has(other, start));
}

TEST_CASE("of 20,000 a second six in seven are known when Timer E sends the first copy") {
    RefusedRequests refused(seconds(32));
    std::mt19937_64 random(1);
    std::vector<base::Hash128> all(40'000);
    for (auto& each : all) each = {.low = random(), .high = random()};
    const auto when = [](std::size_t n) {
        return base::Instant{seconds(100)} + n * std::chrono::microseconds(50);
    };
    std::size_t known = 0;
    for (std::size_t n = 0; n < all.size(); ++n) {
        refused.remember(all[n], when(n));
        // T1 is half a second (RFC 3261 17.1.2.2): 10,000 more were refused since.
        if (n >= 10'000 && refused.has(all[n - 10'000], when(n))) ++known;
    }
    CHECK(known > 30'000 * 5 / 6);
    CHECK(known < 30'000 * 7 / 8);
}

TEST_CASE("nothing is known where nothing was refused, not even zeros") {
    RefusedRequests refused(seconds(32));
    CHECK_FALSE(refused.has({}, base::Instant{}));
    refused.remember(kOne, base::Instant{seconds(1)});
    CHECK_FALSE(refused.has({}, base::Instant{seconds(1)}));
}

}  // namespace herald::sip
