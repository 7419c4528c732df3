// server/core/expiry.h: how everything durable runs out: publications, subscriptions, messages.
//
//   armed --its time comes--> early? armed again : its row is removed --committed--> gone
//                                                                     --the store is away--> retry
#pragma once

#include <cstdint>
#include <utility>

#include "base/loop.h"
#include "base/task.h"
#include "base/time.h"
#include "base/timers.h"
#include "store/records.h"

namespace herald::server {

/// Rows of what ended stay this long, for repetitions of the request that ended it: 64*T1 and some
/// time to restart.
inline constexpr auto kTombstoneLife = std::chrono::seconds(90);
/// Until the next try to remove what ran out.
inline constexpr auto kExpiryRetry = std::chrono::seconds(2);
/// ... whose cell is on its way.
inline constexpr auto kExpiryRest = std::chrono::milliseconds(100);

/// The one rule of when something durable runs out. No state: the timers belong to what they end.
class Expiry {
public:
    explicit Expiry(base::Loop& loop) noexcept : loop_(loop) {}

    /// Arms `timer` anew for something that is good until `expires_at`; `what` are the arguments of
    /// Timers::arm() behind the time. After an outage (docs/architecture.md: Restart) nothing runs
    /// out before `not_before`, and then spread over some seconds.
    template <class... What>
    void arm(base::TimerId& timer, base::WallTime expires_at, base::WallTime not_before,
             What&&... what) const {
        arm_at(timer, lapse_of(expires_at, not_before), std::forward<What>(what)...);
    }
    /// ... for what could not be removed when it ran out.
    template <class... What>
    void retry(base::TimerId& timer, What&&... what) const {
        arm_at(timer, loop_.now() + kExpiryRetry, std::forward<What>(what)...);
    }

    /// ... for what ran out while its cell was on its way.
    template <class... What>
    void wait(base::TimerId& timer, What&&... what) const {
        arm_at(timer, loop_.now() + kExpiryRest, std::forward<What>(what)...);
    }

    /// Whether a timer fired too early: the wheel turns once in 49 days, so what is good for longer
    /// goes round again, and the wall clock may be set.
    bool is_early(base::WallTime expires_at) const;

private:
    base::Instant lapse_of(base::WallTime expires_at, base::WallTime not_before) const;
    void arm_at(base::TimerId& timer, base::Instant when, base::Task<void()> action) const;
    void arm_at(base::TimerId& timer, base::Instant when, base::Timers::Owner owner,
                std::uint64_t payload) const;

    base::Loop& loop_;
};

/// Whether a removal has to be tried again: it failed, or its outcome is unknown.
constexpr bool is_to_be_retried(store::Outcome outcome) noexcept {
    return outcome == store::Outcome::unavailable || outcome == store::Outcome::unknown;
}

}  // namespace herald::server
