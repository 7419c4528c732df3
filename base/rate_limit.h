// base/rate_limit.h: how much each of many may do in a while: a token bucket for each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"

namespace herald::base {

/// Whoever did nothing for so long that his bucket is full again is forgotten. With too many at
/// once the oldest knowledge goes: a limit is for those who hurry, not for all the world.
class RateLimit {
public:
    explicit RateLimit(std::size_t most = 100'000) : most_(most) {}

    /// Takes one from the bucket of `who`, which gets `rate` a second and holds `burst`. 0: taken;
    /// else the whole seconds until there will be one. A rate of 0 is no limit.
    std::uint32_t take(std::string_view who, std::uint32_t rate, std::uint32_t burst, Instant now);
    std::size_t size() const noexcept { return buckets_.size(); }

private:
    struct Bucket {
        double tokens;
        Instant filled;
    };
    void forget_full(std::uint32_t rate, std::uint32_t burst, Instant now);

    std::size_t most_;
    std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace herald::base
