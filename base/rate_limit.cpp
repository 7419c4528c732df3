// base/rate_limit.cpp: how much each of many senders may do in a given time: token buckets.
#include "base/rate_limit.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace herald::base {

namespace {

double filled(double tokens, Duration time, std::uint32_t rate, std::uint32_t burst) {
    return std::min<double>(burst, tokens + std::chrono::duration<double>(time).count() * rate);
}

}  // namespace

std::uint32_t RateLimit::take(std::string_view who, std::uint32_t rate, std::uint32_t burst,
                              Instant now) {
    if (rate == 0) return 0;
    const std::string key(who);
    if (buckets_.size() >= most_ && buckets_.count(key) == 0) forget_full(rate, burst, now);
    auto& bucket = buckets_.try_emplace(key, Bucket{static_cast<double>(burst), now}).first->second;
    bucket.tokens = filled(bucket.tokens, now - bucket.filled, rate, burst);
    bucket.filled = now;
    if (bucket.tokens >= 1) {
        bucket.tokens -= 1;
        return 0;
    }
    return std::max(1U, static_cast<std::uint32_t>(std::ceil((1 - bucket.tokens) / rate)));
}

void RateLimit::forget_full(std::uint32_t rate, std::uint32_t burst, Instant now) {
    std::erase_if(buckets_, [&](const auto& each) {
        return filled(each.second.tokens, now - each.second.filled, rate, burst) >= burst;
    });
    if (buckets_.size() >= most_) buckets_.clear();
}

}  // namespace herald::base
