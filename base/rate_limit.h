// base/rate_limit.h: how much each of many may do in a while, counted for the whole process.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/cells.h"
#include "base/id.h"
#include "base/time.h"

namespace herald::base {

/// A bucket of tokens for everybody, written as the one instant at which it will be full again (the
/// generic cell rate algorithm). Of fixed size: where too many hurry at once, who hurries least is
/// forgotten. Any thread.
class RateLimit {
public:
    /// `bytes` of memory, about 8 for each of those in a hurry.
    explicit RateLimit(std::size_t bytes = std::size_t{1} << 20);

    struct Rate {
        std::uint32_t per_second = 0;  ///< 0: no limit
        std::uint32_t burst = 1;
    };
    /// Takes one from the bucket of `who`. 0: taken; else the whole seconds until there will be
    /// one.
    std::uint32_t take(std::string_view who, const Rate& rate, Instant now);
    /// As above, for who is known by a hash already, of which nobody can choose the bits.
    std::uint32_t take(std::uint64_t who, const Rate& rate, Instant now);
    std::size_t bytes() const noexcept { return full_at_.bytes(); }

private:
    HashKey key_ = random_key();
    Cells full_at_;  ///< microseconds
};

}  // namespace herald::base
