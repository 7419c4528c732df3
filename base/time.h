// base/time.h: the Clock that is passed to whatever needs the time, so that tests control it.
#pragma once

#include <chrono>
#include <cstdint>

namespace herald::base {

using Duration = std::chrono::microseconds;
/// A point on the monotonic clock.
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;
/// A point on the wall clock: what is stored and shown.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

/// Whole seconds, never negative; more than fits is the most that fits.
constexpr std::uint32_t whole_seconds(WallTime::duration time) noexcept {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
    return seconds < 0            ? 0
           : seconds > UINT32_MAX ? UINT32_MAX
                                  : static_cast<std::uint32_t>(seconds);
}

class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() const noexcept = 0;
    virtual WallTime wall() const noexcept = 0;
};

class SystemClock final : public Clock {
public:
    Instant now() const noexcept override;
    WallTime wall() const noexcept override;
};

/// Stands still until told otherwise. Starts at an arbitrary fixed date.
class ManualClock final : public Clock {
public:
    Instant now() const noexcept override { return now_; }
    WallTime wall() const noexcept override { return wall_; }
    /// Moves both clocks by `step`, which is not negative.
    void advance(Duration step);

private:
    Instant now_{std::chrono::hours(1)};
    WallTime wall_{std::chrono::seconds(1'800'000'000)};
    Duration remainder_{0};  ///< under a millisecond, not yet on the wall
};

}  // namespace herald::base
