// base/time.h: the Clock that is passed to whatever needs the time, so that tests control it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace herald::base {

using Duration = std::chrono::microseconds;
/// A point on the monotonic clock.
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;
/// A point on the wall clock: what is stored and shown.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

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

/// The server's time: it never steps. now() counts a suspended machine's time too; wall() is now()
/// and an offset that follows the system's wall clock by 10 ms a second, so that whoever sets that
/// clock makes nothing last longer or shorter by more than one part in a hundred.
class SteadyClock final : public Clock {
public:
    SteadyClock();
    Instant now() const noexcept override;
    WallTime wall() const noexcept override;

    /// The wall clock shows `least` or later from here on: before anything is judged by it.
    void start_no_earlier(WallTime least) noexcept;
    /// Moves the wall clock towards the system's, by what the time since the last call allows.
    /// Returns how far the system's is ahead still; negative: behind. One thread at a time.
    Duration follow() noexcept;

private:
    std::atomic<std::int64_t> offset_;  ///< wall - now, in microseconds
    Instant followed_;
};
/// How far an offset moves towards `wanted` within `elapsed`: 10 ms a second at most.
Duration slew(Duration wanted, Duration elapsed) noexcept;

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
