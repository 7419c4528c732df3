// server/core/expiry.cpp: how everything durable runs out: publications, subscriptions, messages.
#include "server/core/expiry.h"

#include <algorithm>

#include "base/id.h"

namespace herald::server {

namespace {

constexpr std::uint64_t kLapseSpreadMs = 10'000;

}  // namespace

base::Instant Expiry::lapse_of(base::WallTime expires_at, base::WallTime not_before) const {
    if (expires_at < not_before)
        expires_at = not_before + std::chrono::milliseconds(base::random_u64() % kLapseSpreadMs);
    return loop_.now() + std::max(expires_at - loop_.clock().wall(), std::chrono::milliseconds(0));
}

bool Expiry::is_early(base::WallTime expires_at) const {
    return expires_at > loop_.clock().wall() + kExpiryRetry;
}

void Expiry::arm_at(base::TimerId& timer, base::Instant when, base::Task<void()> action) const {
    auto& timers = loop_.timers();
    timers.cancel(timer);
    timer = timers.arm(when, std::move(action));
}

void Expiry::arm_at(base::TimerId& timer, base::Instant when, base::Timers::Owner owner,
                    std::uint64_t payload) const {
    auto& timers = loop_.timers();
    timers.cancel(timer);
    timer = timers.arm(owner, payload, when);
}

}  // namespace herald::server
