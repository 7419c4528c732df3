// base/metrics.cpp: the registry of time series, and the buckets of latency histograms.
#include "base/metrics.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace herald::base {
namespace {

/// Four linear steps an octave: 1 2 3 4 | 5 6 7 8 | 10 12 14 16 | 20 24 28 32 | …
std::size_t bucket_of(std::uint64_t microseconds) noexcept {
    if (microseconds <= 4) return microseconds == 0 ? 0 : microseconds - 1;
    const std::uint64_t below = microseconds - 1;  // bounds are inclusive
    const auto octave = static_cast<std::size_t>(std::bit_width(below)) - 1;
    const std::size_t step = below >> (octave - 2) & 3;
    return std::min((octave - 1) * 4 + step, Histogram::kBuckets - 1);
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
    if (index < 4) return index + 1;
    const std::size_t octave = index / 4 + 1;
    const std::size_t step = index % 4 + 1;
    return (std::uint64_t{1} << octave) + (std::uint64_t{step} << (octave - 2));
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
