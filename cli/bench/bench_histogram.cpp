// cli/bench/bench_histogram.cpp: latencies, kept to three per cent in constant room.
#include "cli/bench/bench_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace herald::cli::bench {

std::size_t Histogram::bucket_of(std::uint64_t value) noexcept {
    if (value < (1U << kStepBits)) return value;
    const auto doubling = static_cast<unsigned>(std::bit_width(value)) - 1 - kStepBits;
    return (std::size_t{doubling + 1} << kStepBits) +
           ((value >> doubling) & ((1U << kStepBits) - 1));
}

std::uint64_t Histogram::bound_of(std::size_t bucket) noexcept {
    if (bucket < (1U << kStepBits)) return bucket;
    const auto doubling = (bucket >> kStepBits) - 1;
    const std::uint64_t step = (bucket & ((1U << kStepBits) - 1)) | (1U << kStepBits);
    return ((step + 1) << doubling) - 1;
}

void Histogram::add(base::Duration latency) noexcept {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0));
    ++buckets_[std::min(bucket_of(value), buckets_.size() - 1)];
    ++count_;
    max_ = std::max(max_, value);
}

base::Duration Histogram::quantile(double share) const noexcept {
    const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        seen += buckets_[i];
        if (seen > 0 && seen >= wanted) return base::Duration(std::min(bound_of(i), max_));
    }
    return base::Duration(0);
}

}  // namespace herald::cli::bench
