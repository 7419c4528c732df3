// base/time.cpp: the system's clocks, and one that tests move by hand.
#include "base/time.h"

#include <cassert>

namespace herald::base {

Instant SystemClock::now() const noexcept {
    return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
}

WallTime SystemClock::wall() const noexcept {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
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
