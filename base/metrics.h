// base/metrics.h: counters and histograms with one writer each, summed when they are read.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace herald::base {

/// Written by one thread, read by any. add() is a relaxed load and store: half a nanosecond.
class Counter {
public:
    void add(std::uint64_t by = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }
    void subtract(std::uint64_t by = 1) noexcept { add(~by + 1); }
    void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// Latencies from 1 µs to 100 s, a quarter apart at most above 4 µs; among the bounds are all that
/// people promise: 1, 2.5 and 5 of every power of ten. What is longer counts in the last bucket.
/// One writer.
class Histogram {
public:
    static constexpr std::size_t kBuckets = 101;
    void observe(std::uint64_t microseconds) noexcept;
    /// Upper bound of bucket `index` in microseconds, itself included; the last bucket holds all
    /// above as well.
    static std::uint64_t bound(std::size_t index) noexcept;
    std::uint64_t count_in(std::size_t index) const noexcept { return buckets_[index].value(); }
    std::uint64_t sum() const noexcept { return sum_.value(); }

private:
    std::array<Counter, kBuckets> buckets_;
    Counter sum_;
};

enum class MetricKind : unsigned char { counter, gauge, histogram };

/// label name and value, in order.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// One time series as it stands at a scrape: the sum over all writers.
struct Sample {
    std::string name;
    std::string help;
    MetricKind kind;
    Labels labels;
    double value = 0;  ///< counter, gauge
    std::vector<std::pair<double, std::uint64_t>>
        cumulative;           ///< histogram: bound in seconds, count up to it; `count` is all
    double sum = 0;           ///< histogram, seconds
    std::uint64_t count = 0;  ///< histogram
};

/// Where counters are registered. Registration locks; counting never does. Series live as long as
/// the registry; asking again for the same name and labels gives another writer's cell of the same
/// series (summed).
class Metrics {
public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    Counter& counter(std::string name, std::string help, Labels labels = {});
    Counter& gauge(std::string name, std::string help, Labels labels = {});
    Histogram& histogram(std::string name, std::string help, Labels labels = {});
    /// Any thread. Sorted by name, then labels.
    std::vector<Sample> collect() const;

private:
    struct Series;
    Counter& add_counter(MetricKind kind, std::string name, std::string help, Labels labels);
    Series& series(MetricKind kind, std::string name, std::string help, Labels labels);

    mutable std::mutex mutex_;
    std::map<std::pair<std::string, Labels>, std::unique_ptr<Series>> series_;
};

}  // namespace herald::base
