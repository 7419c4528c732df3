// base/rate_limit.h: how much each of many senders may do in a given time: a token bucket for each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"

namespace herald::base {

/// A sender that was quiet until its bucket was full again is forgotten. With too many senders at
/// once the oldest buckets are dropped: the limit is meant for those that hurry.
class RateLimit {
public:
    explicit RateLimit(std::size_t most = 100'000) : most_(most) {}

    /// Takes a token from the bucket of `who`, which gets `rate` a second and holds `burst`. Returns
    /// 0, or the whole seconds until there will be one. A rate of 0 means no limit.
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
