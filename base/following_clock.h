// base/following_clock.h: the server's time: it never steps by itself, and its wall clock follows
// another one slowly.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/time.h"

namespace herald::base {

/// What another wall clock showed, seen from a clock that never steps: its time less ours. It was
/// read somewhere between the question and the answer, so it is known only give or take `within`.
struct ClockReading {
    Duration offset{};
    Duration within{};
};
/// Of a clock that was asked at `asked` and answered `said` at `answered`: half of the way between
/// is taken off.
ClockReading reading_of(Instant asked, Instant answered, Duration said) noexcept;

/// What is added to a clock that never steps to have a wall clock: it moves by 10 ms a second at
/// most. One thread moves it, any reads it.
class SlewedOffset {
public:
    SlewedOffset(Duration offset, Instant now) noexcept : offset_(offset.count()), moved_(now) {}

    Duration now() const noexcept { return Duration(offset_.load(std::memory_order_relaxed)); }
    /// From here on it is `offset`, whatever it was.
    void set(Duration offset) noexcept { offset_ = offset.count(); }
    /// Moves towards `reading`, by what the time since the last move allows and no further than is
    /// certain. Returns how far the other clock is ahead still; negative: behind.
    Duration follow(const ClockReading& reading, Instant now) noexcept;

private:
    std::atomic<std::int64_t> offset_;
    Instant moved_;
};

/// now() counts a suspended machine's time too (CLOCK_BOOTTIME); wall() is that and an offset which
/// follows what it is shown by 10 ms a second, so that whoever sets a clock makes nothing last
/// longer or shorter by more than one part in a hundred (cl:T-1).
class FollowingClock final : public Clock {
public:
    /// Shows what the system's wall clock does.
    FollowingClock() noexcept;
    Instant now() const noexcept override;
    WallTime wall() const noexcept override;

    /// Shows what was read: before anything is judged by it.
    void start_at(const ClockReading& reading) noexcept { offset_.set(reading.offset); }
    /// The wall clock shows `least` or later from here on.
    void start_no_earlier(WallTime least) noexcept;
    /// As SlewedOffset::follow(). One thread at a time.
    Duration follow(const ClockReading& reading) noexcept { return offset_.follow(reading, now()); }

private:
    SlewedOffset offset_;
};

/// The system's wall clock, seen from a FollowingClock's now().
ClockReading read_system_clock() noexcept;

}  // namespace herald::base
