// server/core/line_limit.h: how many lines of one kind the log gets: a disk is not filled by who
// makes them.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "base/rate_limit.h"

namespace herald::server {

/// Of one shard, on its thread.
class LineLimit {
public:
    /// Whether there is a line for this one, which `source` caused; empty: nobody in particular.
    bool takes(std::string_view source, base::Instant now) {
        const bool is_told = (source.empty() || each_.take(source, kOfSource, now) == 0) &&
                             all_.take("all", kInAll, now) == 0;
        if (!is_told) ++untold_;
        return is_told;
    }
    /// Lines there was no room for since it was asked last.
    std::uint64_t take_untold() noexcept { return std::exchange(untold_, 0); }

private:
    static constexpr base::RateLimit::Rate kOfSource{.per_second = 1, .burst = 20};
    static constexpr base::RateLimit::Rate kInAll{.per_second = 50, .burst = 500};

    base::RateLimit each_{16384};
    base::RateLimit all_{64};
    std::uint64_t untold_ = 0;
};

}  // namespace herald::server
