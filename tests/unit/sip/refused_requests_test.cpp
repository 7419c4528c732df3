// tests/unit/sip/refused_requests_test.cpp: what was turned away is known for a while.
#include "sip/refused_requests.h"

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

TEST_CASE("nothing is known where nothing was refused, not even zeros") {
    RefusedRequests refused(seconds(32));
    CHECK_FALSE(refused.has({}, base::Instant{}));
    refused.remember(kOne, base::Instant{seconds(1)});
    CHECK_FALSE(refused.has({}, base::Instant{seconds(1)}));
}

}  // namespace herald::sip
