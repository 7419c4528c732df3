// tests/unit/base/metrics_test.cpp: counters, gauges and histograms, summed over writers.
#include "base/metrics.h"

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace herald::base::metrics_test {

TEST_CASE("a series is the sum of its writers' cells") {
    Metrics metrics;
    Counter& a = metrics.counter("herald_requests_total", "Requests.", {{"method", "PUBLISH"}});
    Counter& b = metrics.counter("herald_requests_total", "Requests.", {{"method", "PUBLISH"}});
    Counter& other =
        metrics.counter("herald_requests_total", "Requests.", {{"method", "SUBSCRIBE"}});
    CHECK(&a != &b);

    a.add();
    a.add(4);
    b.add(10);
    other.add(100);

    const std::vector<Sample> samples = metrics.collect();
    REQUIRE(samples.size() == 2);
    CHECK(samples[0].name == "herald_requests_total");
    CHECK(samples[0].help == "Requests.");
    CHECK(samples[0].kind == MetricKind::counter);
    CHECK(samples[0].labels == Labels{{"method", "PUBLISH"}});
    CHECK(samples[0].value == 15);
    CHECK(samples[1].value == 100);
}

TEST_CASE("samples are sorted by name, then labels") {
    Metrics metrics;
    metrics.counter("b", "");
    metrics.counter("a", "", {{"x", "2"}});
    metrics.gauge("c", "");
    metrics.counter("a", "", {{"x", "1"}});

    const std::vector<Sample> samples = metrics.collect();

    REQUIRE(samples.size() == 4);
    CHECK(samples[0].labels == Labels{{"x", "1"}});
    CHECK(samples[1].labels == Labels{{"x", "2"}});
    CHECK(samples[2].name == "b");
    CHECK(samples[3].name == "c");
}

TEST_CASE("a gauge rises in one thread and falls in another") {
    Metrics metrics;
    Counter& opened = metrics.gauge("open", "Open connections.");
    Counter& closed = metrics.gauge("open", "Open connections.");

    opened.add(3);
    closed.subtract(2);
    CHECK(metrics.collect()[0].value == 1);
    closed.subtract(3);
    CHECK(metrics.collect()[0].value == -2);
    closed.set(0);
    CHECK(metrics.collect()[0].value == 3);
}

TEST_CASE("bounds of a histogram rise without gap from 1 µs, by a quarter at most above 4 µs") {
    CHECK(Histogram::bound(0) == 1);
    CHECK(Histogram::bound(3) == 4);
    CHECK(Histogram::bound(4) == 5);
    CHECK(Histogram::bound(9) == 10);
    CHECK(Histogram::bound(Histogram::kBuckets - 1) == 100'000'000);
    for (std::size_t i = 1; i < Histogram::kBuckets; ++i) {
        CHECK(Histogram::bound(i) > Histogram::bound(i - 1));
        if (i > 4) CHECK(Histogram::bound(i) * 4 <= Histogram::bound(i - 1) * 5);
    }
}

TEST_CASE("1, 2.5 and 5 of every power of ten from 10 µs on are bounds of a histogram") {
    std::vector<std::uint64_t> bounds;
    for (std::size_t i = 0; i < Histogram::kBuckets; ++i) bounds.push_back(Histogram::bound(i));
    for (std::uint64_t decade = 10; decade <= 10'000'000; decade *= 10) {
        for (const auto wanted : {decade, decade * 5 / 2, decade * 5})
            CHECK(std::count(bounds.begin(), bounds.end(), wanted) == 1);
    }
}

TEST_CASE("an observation counts in the first bucket whose bound it does not exceed") {
    for (std::size_t i = 0; i + 1 < Histogram::kBuckets; ++i) {
        Histogram histogram;
        CAPTURE(i);
        histogram.observe(Histogram::bound(i));
        CHECK(histogram.count_in(i) == 1);
        histogram.observe(Histogram::bound(i) + 1);
        CHECK(histogram.count_in(i + 1) == 1);
        CHECK(histogram.sum() == 2 * Histogram::bound(i) + 1);
    }
    Histogram histogram;
    histogram.observe(0);
    histogram.observe(UINT64_MAX / 2);
    CHECK(histogram.count_in(0) == 1);
    CHECK(histogram.count_in(Histogram::kBuckets - 1) == 1);
}

TEST_CASE("a histogram is collected cumulatively, in seconds, over all writers") {
    Metrics metrics;
    Histogram& a = metrics.histogram("latency", "Latency.");
    Histogram& b = metrics.histogram("latency", "Latency.");
    a.observe(1);
    a.observe(1'000'000);
    b.observe(3);
    b.observe(500'000'000);

    const std::vector<Sample> samples = metrics.collect();

    REQUIRE(samples.size() == 1);
    const Sample& sample = samples[0];
    CHECK(sample.kind == MetricKind::histogram);
    CHECK(sample.count == 4);
    CHECK(sample.sum == doctest::Approx(501.000004));
    REQUIRE(sample.cumulative.size() == Histogram::kBuckets - 1);
    CHECK(sample.cumulative[0] == std::pair<double, std::uint64_t>{1e-6, 1});
    CHECK(sample.cumulative[2].second == 2);
    CHECK(sample.cumulative.back().second == 3);  // 500 s are beyond every bound
    for (const auto& [seconds, count] : sample.cumulative) {
        CHECK(count == (seconds < 3e-6 ? 1 : seconds < 1 ? 2 : 3));
    }
}

TEST_CASE("counting and registering go on while others collect") {
    Metrics metrics;
    constexpr int kCounts = 20'000;
    std::vector<std::thread> writers;
    for (int t = 0; t < 2; ++t) {
        writers.emplace_back([&] {
            Counter& counter = metrics.counter("n", "");
            Histogram& histogram = metrics.histogram("h", "");
            for (int i = 0; i < kCounts; ++i) {
                counter.add();
                histogram.observe(static_cast<std::uint64_t>(i));
            }
        });
    }
    double last = 0;
    for (int i = 0; i < 100; ++i) {
        for (const Sample& sample : metrics.collect()) {
            if (sample.name != "n") continue;
            CHECK(sample.value >= last);
            last = sample.value;
        }
    }
    for (std::thread& writer : writers) writer.join();

    const std::vector<Sample> samples = metrics.collect();
    REQUIRE(samples.size() == 2);
    CHECK(samples[0].count == 2 * kCounts);
    CHECK(samples[1].value == 2 * kCounts);
}

}  // namespace herald::base::metrics_test
