// base/metrics.cpp: the registry of time series, and the buckets of latency histograms.
#include "base/metrics.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

namespace herald::base {
namespace {

/// Bounds of a decade from 100 µs on, in hundredths: 1 1.25 1.5 ... 7 8.5.
constexpr std::uint32_t kSteps[] = {100, 125, 150, 175, 200, 250, 300,
                                    350, 400, 500, 600, 700, 850};

/// 1 2 3 ... 9 | 10 12 15 17 20 25 ... 85 | 100 125 150 175 200 250 ... 850 | 1000 ... 100 s
constexpr std::array<std::uint32_t, Histogram::kBuckets> bounds() {
    std::array<std::uint32_t, Histogram::kBuckets> all{};
    std::size_t index = 0;
    for (std::uint32_t i = 1; i < 10; ++i) all[index++] = i;
    for (std::uint32_t decade = 10; decade < 100'000'000; decade *= 10) {
        for (const auto step : kSteps) {
            const auto scaled = std::uint64_t{decade} * step / 100;
            all[index++] = static_cast<std::uint32_t>(scaled);
        }
    }
    all[index] = 100'000'000;
    return all;
}
constexpr auto kBounds = bounds();
static_assert(kBounds.back() == 100'000'000);

/// The first bucket whose bound has this bit or a higher one: where a search begins.
constexpr std::array<std::uint8_t, 33> starts() {
    std::array<std::uint8_t, 33> all{};
    for (std::size_t width = 1; width < all.size(); ++width) {
        std::uint8_t index = 0;
        while (index + 1U < Histogram::kBuckets && kBounds[index] < std::uint64_t{1} << (width - 1))
            ++index;
        all[width] = index;
    }
    return all;
}
constexpr auto kStarts = starts();

std::size_t bucket_of(std::uint64_t microseconds) noexcept {
    if (microseconds >= kBounds.back()) return Histogram::kBuckets - 1;
    std::size_t index = kStarts[static_cast<std::size_t>(std::bit_width(microseconds))];
    while (kBounds[index] < microseconds) ++index;
    return index;
}

/// Alone on its cache line: writers are threads that must not slow each other.
template <class T>
struct alignas(64) Cell {
    T value;
};

}  // namespace

void Histogram::observe(std::uint64_t microseconds) noexcept {
    buckets_[bucket_of(microseconds)].add();
    sum_.add(microseconds);
}

std::uint64_t Histogram::bound(std::size_t index) noexcept {
    assert(index < kBuckets);
    return kBounds[index];
}

/// One name and one set of labels; a cell for each writer.
struct Metrics::Series {
    MetricKind kind;
    std::string help;
    std::vector<std::unique_ptr<Cell<Counter>>> counters;
    std::vector<std::unique_ptr<Cell<Histogram>>> histograms;

    double total() const noexcept {
        std::uint64_t sum = 0;
        for (const auto& cell : counters) sum += cell->value.value();
        // A gauge's cells wrap below zero where one thread adds and another subtracts; only the sum
        // counts.
        if (kind == MetricKind::gauge) return static_cast<double>(static_cast<std::int64_t>(sum));
        return static_cast<double>(sum);
    }

    void fill(Sample& sample) const {
        std::uint64_t sum = 0;
        for (const auto& cell : histograms) sum += cell->value.sum();
        sample.sum = static_cast<double>(sum) / 1e6;
        sample.cumulative.reserve(Histogram::kBuckets - 1);
        for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
            for (const auto& cell : histograms) sample.count += cell->value.count_in(i);
            // The last bucket has no upper bound: it is in `count` only.
            if (i + 1 == Histogram::kBuckets) break;
            const double seconds = static_cast<double>(Histogram::bound(i)) / 1e6;
            sample.cumulative.emplace_back(seconds, sample.count);
        }
    }
};

Metrics::Metrics() = default;
Metrics::~Metrics() = default;

Counter& Metrics::counter(std::string name, std::string help, Labels labels) {
    return add_counter(MetricKind::counter, std::move(name), std::move(help), std::move(labels));
}

Counter& Metrics::gauge(std::string name, std::string help, Labels labels) {
    return add_counter(MetricKind::gauge, std::move(name), std::move(help), std::move(labels));
}

Counter& Metrics::add_counter(MetricKind kind, std::string name, std::string help, Labels labels) {
    const std::lock_guard lock(mutex_);
    Series& of = series(kind, std::move(name), std::move(help), std::move(labels));
    return of.counters.emplace_back(std::make_unique<Cell<Counter>>())->value;
}

Histogram& Metrics::histogram(std::string name, std::string help, Labels labels) {
    const std::lock_guard lock(mutex_);
    Series& of = series(MetricKind::histogram, std::move(name), std::move(help), std::move(labels));
    return of.histograms.emplace_back(std::make_unique<Cell<Histogram>>())->value;
}

std::vector<Sample> Metrics::collect() const {
    const std::lock_guard lock(mutex_);
    std::vector<Sample> samples;
    samples.reserve(series_.size());
    for (const auto& [key, series] : series_) {
        Sample sample{
            .name = key.first, .help = series->help, .kind = series->kind, .labels = key.second};
        if (series->kind == MetricKind::histogram) {
            series->fill(sample);
        } else {
            sample.value = series->total();
        }
        samples.push_back(std::move(sample));
    }
    return samples;
}

Metrics::Series& Metrics::series(MetricKind kind, std::string name, std::string help,
                                 Labels labels) {
    auto& series = series_[{std::move(name), std::move(labels)}];
    if (!series) series = std::make_unique<Series>(Series{kind, std::move(help), {}, {}});
    assert(series->kind == kind);
    return *series;
}

}  // namespace herald::base
