// base/time.cpp: the system's clocks, and one that tests move by hand.
#include "base/time.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include <time.h>

namespace herald::base {

Instant SystemClock::now() const noexcept {
    return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
}

WallTime SystemClock::wall() const noexcept {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
}

namespace {

constexpr int kSlewParts = 100;  ///< 10 ms a second

Duration system_wall() noexcept {
    return std::chrono::duration_cast<Duration>(
        std::chrono::system_clock::now().time_since_epoch());
}

}  // namespace

SteadyClock::SteadyClock() : offset_(0), followed_(now()) {
    offset_ = (system_wall() - followed_.time_since_epoch()).count();
}

Instant SteadyClock::now() const noexcept {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return Instant(std::chrono::duration_cast<Duration>(std::chrono::seconds(now.tv_sec) +
                                                        std::chrono::nanoseconds(now.tv_nsec)));
}

WallTime SteadyClock::wall() const noexcept {
    const auto wall = now().time_since_epoch() + Duration(offset_.load(std::memory_order_relaxed));
    return WallTime(std::chrono::floor<std::chrono::milliseconds>(wall));
}

void SteadyClock::start_no_earlier(WallTime least) noexcept {
    const Duration offset = least.time_since_epoch() - now().time_since_epoch();
    offset_ = std::max<std::int64_t>(offset_, offset.count());
}

Duration SteadyClock::follow() noexcept {
    const Instant now = this->now();
    const Duration elapsed = now - std::exchange(followed_, now);
    const Duration ahead = system_wall() - now.time_since_epoch() - Duration(offset_.load());
    const Duration step = slew(ahead, elapsed);
    offset_ += step.count();
    return ahead - step;
}

Duration slew(Duration wanted, Duration elapsed) noexcept {
    const Duration most = std::max(elapsed, Duration::zero()) / kSlewParts;
    return std::clamp(wanted, -most, most);
}

void ManualClock::advance(Duration step) {
    assert(step >= Duration::zero());
    now_ += step;
    // The wall clock shows whole milliseconds; the rest must not be lost over many small steps.
    remainder_ += step;
    const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(remainder_);
    wall_ += whole;
    remainder_ -= whole;
}

}  // namespace herald::base
