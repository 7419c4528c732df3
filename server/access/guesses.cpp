// server/access/guesses.cpp: wrong passwords, and how long whoever sent them has to wait.
#include "server/access/guesses.h"

#include <algorithm>
#include <chrono>
#include <optional>

namespace herald::server {

namespace {

/// Odd: sources stay apart in the upper bits too.
constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15ULL;
constexpr unsigned kFailureBits = 12;
constexpr std::uint64_t kMostFailures = (1U << kFailureBits) - 1;
constexpr std::uint64_t kHalfLife = 600'000;
/// The longest wait of an owner whose neighbours guess.
constexpr std::uint32_t kLongestAtHome = 5;

std::uint64_t milliseconds(base::Instant now) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
}

/// In milliseconds.
std::uint64_t delay_of(std::uint64_t failures, std::uint32_t free, std::uint32_t longest) {
    if (failures <= free) return 0;
    const auto doublings = std::min<std::uint64_t>(failures - free - 1, 20);
    return std::min<std::uint64_t>(longest, std::uint64_t{1} << doublings) * 1000;
}

}  // namespace

Guesses::Guesses(std::size_t bytes) : failures_(bytes / 2), logins_(bytes / 2) {}

std::uint64_t Guesses::key_of(Kind kind, const Try& one) const {
    const base::HashKey key{key_[0] ^ static_cast<std::uint64_t>(kind), key_[1]};
    const auto account =
        base::keyed_hash(key, kind == Kind::source ? std::string_view() : one.account);
    return kind == Kind::account ? account : account + one.source.site_hash(key[0]) * kSpread;
}

std::uint32_t Guesses::wait(std::uint64_t key, base::Instant now) const {
    const auto kept = failures_.find(key);
    const auto time = milliseconds(now);
    const auto until = kept.value_or(0) >> kFailureBits;
    return until <= time ? 0 : static_cast<std::uint32_t>((until - time + 999) / 1000);
}

std::uint32_t Guesses::wait(const Try& one, base::Instant now) const {
    const auto both = key_of(Kind::both, one);
    if (one.is_shared || logins_.find(both)) return wait(both, now);
    return std::max(wait(key_of(Kind::source, one), now), wait(key_of(Kind::account, one), now));
}

void Guesses::count(std::uint64_t key, std::uint32_t free, std::uint32_t longest,
                    base::Instant now) {
    const auto time = milliseconds(now);
    failures_.update(key, [&](std::optional<std::uint64_t> kept) {
        auto failures = kept.value_or(0) & kMostFailures;
        const auto until = kept.value_or(0) >> kFailureBits;
        if (time > until) failures >>= std::min<std::uint64_t>((time - until) / kHalfLife, 20);
        failures = std::min(failures + 1, kMostFailures);
        return std::optional((time + delay_of(failures, free, longest)) << kFailureBits | failures);
    });
}

void Guesses::failed(const Try& one, const Rules& rules, base::Instant now) {
    const auto both = key_of(Kind::both, one);
    if (logins_.find(both))
        return count(both, rules.per_source, std::min(rules.longest, kLongestAtHome), now);
    if (one.is_shared) return count(both, rules.per_source, rules.longest, now);
    count(key_of(Kind::source, one), rules.per_source, rules.longest, now);
    count(key_of(Kind::account, one), rules.per_account, rules.longest, now);
}

void Guesses::succeeded(const Try& one, base::Instant now) {
    const auto time = milliseconds(now);
    logins_.update(key_of(Kind::both, one), [&](std::optional<std::uint64_t> kept) {
        // To the minute is close enough, and spares most writes to a cache line that others read.
        const bool is_fresh = kept && time - std::min(*kept, time) < 60'000;
        return is_fresh ? std::optional<std::uint64_t>() : std::optional(time);
    });
}

}  // namespace herald::server
