// tests/unit/store/starts_test.cpp: starts that follow each other, on either database.
#include "store/starts.h"

#include <doctest/doctest.h>

#include "tests/unit/store/support.h"

namespace herald::store::starts_test {
namespace {

using namespace std::chrono_literals;
using namespace testing;

constexpr base::WallTime kNoon(1800000000000ms);

}  // namespace

TEST_CASE("starts less than 135 s apart count as one, from the first of them") {
    const auto first = next_start({}, kNoon);
    CHECK(first.last == base::WallTime{});
    CHECK(first.unsettled_since == kNoon);

    CHECK(next_start({kNoon, kNoon}, kNoon + 134s).unsettled_since == kNoon);
    CHECK(next_start({kNoon + 134s, kNoon}, kNoon + 200s).unsettled_since == kNoon);
    CHECK(next_start({kNoon + 134s, kNoon}, kNoon + 200s).last == kNoon + 134s);
    CHECK(next_start({kNoon, kNoon}, kNoon + 135s).unsettled_since == kNoon + 135s);
}

TEST_CASE("a store knows when its last run began, ended cleanly or not") {
    const EmptyStore empty;
    base::WallTime began;
    {
        Bench bench(empty.url());
        began = bench.clock().wall();
        CHECK(starts_of(bench.store()).last == base::WallTime{});
        CHECK(starts_of(bench.store()).unsettled_since == began);
    }
    {
        Bench bench(empty.url());
        CHECK(starts_of(bench.store()).last == began);
        CHECK(starts_of(bench.store()).unsettled_since == began);
        REQUIRE(bench.close());
    }
    Bench bench(empty.url());
    CHECK(starts_of(bench.store()).last == began);
}

}  // namespace herald::store::starts_test
