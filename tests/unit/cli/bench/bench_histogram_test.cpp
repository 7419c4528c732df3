// tests/unit/cli/bench/bench_histogram_test.cpp: latencies in constant room.
#include "cli/bench/bench_histogram.h"

#include <doctest/doctest.h>

namespace herald::cli::bench::bench_histogram_test {
namespace {

using base::Duration;

TEST_CASE("a histogram of nothing says zero") {
    const Histogram histogram;

    CHECK(histogram.count() == 0);
    CHECK(histogram.quantile(0.99) == Duration(0));
    CHECK(histogram.max() == Duration(0));
}

TEST_CASE("small latencies are exact, large ones within a thirty-second part") {
    for (const std::int64_t value : {0, 1, 31, 32, 33, 63, 64, 1000, 123'456, 60'000'000}) {
        Histogram histogram;
        histogram.add(Duration(value));
        histogram.add(Duration(value * 4 + 1000));

        const auto median = histogram.quantile(0.5).count();

        CHECK(median >= value);
        CHECK(median <= value + value / 32);
    }
}

TEST_CASE("quantiles count from the smallest, and none exceeds the maximum") {
    Histogram histogram;
    for (int i = 1; i <= 100; ++i) histogram.add(Duration(i <= 99 ? 10 : 5'000));

    CHECK(histogram.quantile(0.5) == Duration(10));
    CHECK(histogram.quantile(0.99) == Duration(10));
    CHECK(histogram.quantile(1.0) == Duration(5'000));
    CHECK(histogram.max() == Duration(5'000));
    CHECK(histogram.count() == 100);
}

TEST_CASE("what was intended later than it happened counts as nothing, what took a day as much") {
    Histogram histogram;
    histogram.add(Duration(-5));
    histogram.add(std::chrono::hours(24));

    CHECK(histogram.quantile(0.5) == Duration(0));
    CHECK(histogram.max() == std::chrono::hours(24));
    CHECK(histogram.quantile(1.0) > std::chrono::hours(18));
}

}  // namespace
}  // namespace herald::cli::bench::bench_histogram_test
