// base/rate_limit.cpp: how much each of many may do in a while, counted for the whole process.
#include "base/rate_limit.h"

#include <algorithm>

namespace herald::base {

namespace {

constexpr std::uint64_t kSecond = 1'000'000;

}  // namespace

RateLimit::RateLimit(std::size_t bytes) : full_at_(bytes) {}

std::uint32_t RateLimit::take(std::string_view who, const Rate& rate, Instant now) {
    return rate.per_second == 0 ? 0 : take(keyed_hash(key_, who), rate, now);
}

std::uint32_t RateLimit::take(std::uint64_t who, const Rate& rate, Instant now) {
    if (rate.per_second == 0) return 0;
    const auto time = static_cast<std::uint64_t>(now.time_since_epoch().count());
    const std::uint64_t each = std::max<std::uint64_t>(1, kSecond / rate.per_second);
    const std::uint64_t room = each * std::max(1U, rate.burst);
    std::uint64_t short_by = 0;
    full_at_.update(who, [&](std::optional<std::uint64_t> known) -> std::optional<std::uint64_t> {
        const std::uint64_t full_at = std::max(known.value_or(0), time) + each;
        short_by = full_at > time + room ? full_at - time - room : 0;
        if (short_by > 0) return std::nullopt;
        return full_at;
    });
    return static_cast<std::uint32_t>((short_by + kSecond - 1) / kSecond);
}

}  // namespace herald::base
