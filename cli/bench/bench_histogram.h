// cli/bench/bench_histogram.h: latencies, kept to three per cent in constant room.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"

namespace herald::cli::bench {

/// Buckets grow with the value: 32 to each doubling.
class Histogram {
public:
    void add(base::Duration latency) noexcept;
    std::uint64_t count() const noexcept { return count_; }
    /// The least bucket bound that `share` (0 to 1) of all values do not exceed; 0 where there are
    /// none.
    base::Duration quantile(double share) const noexcept;
    base::Duration max() const noexcept { return base::Duration(max_); }

private:
    static constexpr unsigned kStepBits = 5;
    static constexpr unsigned kDoublings = 36;  ///< to 19 hours

    static std::size_t bucket_of(std::uint64_t value) noexcept;
    static std::uint64_t bound_of(std::size_t bucket) noexcept;

    std::array<std::uint64_t, (kDoublings - kStepBits + 1) << kStepBits> buckets_{};
    std::uint64_t count_ = 0;
    std::uint64_t max_ = 0;
};

}  // namespace herald::cli::bench
