// base/following_clock.cpp: the server's time: it never steps by itself, and its wall clock follows
// another one slowly.
#include "base/following_clock.h"

#include <algorithm>
#include <utility>

#include <time.h>

namespace herald::base {

namespace {

constexpr int kSlewParts = 100;  ///< 10 ms a second
/// What passed while nobody looked counts no further.
constexpr Duration kLongestLook = std::chrono::seconds(10);

Instant boot_time() noexcept {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return Instant(std::chrono::duration_cast<Duration>(std::chrono::seconds(now.tv_sec) +
                                                        std::chrono::nanoseconds(now.tv_nsec)));
}

/// Of a difference the part that the way to the other clock cannot explain.
Duration certain_of(Duration difference, Duration within) noexcept {
    if (difference > within) return difference - within;
    if (difference < -within) return difference + within;
    return Duration::zero();
}

}  // namespace

ClockReading reading_of(Instant asked, Instant answered, Duration said) noexcept {
    const Duration half = (answered - asked) / 2;
    return {.offset = said - (asked + half).time_since_epoch(), .within = half};
}

Duration SlewedOffset::follow(const ClockReading& reading, Instant now) noexcept {
    const Duration elapsed = now - std::exchange(moved_, now);
    const Duration most = std::clamp(elapsed, Duration::zero(), kLongestLook) / kSlewParts;
    const Duration ahead = reading.offset - this->now();
    const Duration step = std::clamp(certain_of(ahead, reading.within), -most, most);
    offset_.store(offset_.load() + step.count());
    return ahead - step;
}

FollowingClock::FollowingClock() noexcept : offset_(read_system_clock().offset, boot_time()) {}

Instant FollowingClock::now() const noexcept {
    return boot_time();
}

WallTime FollowingClock::wall() const noexcept {
    return WallTime(
        std::chrono::floor<std::chrono::milliseconds>(now().time_since_epoch() + offset_.now()));
}

void FollowingClock::start_no_earlier(WallTime least) noexcept {
    offset_.set(std::max(offset_.now(), least.time_since_epoch() - now().time_since_epoch()));
}

ClockReading read_system_clock() noexcept {
    const Instant asked = boot_time();
    const auto said = std::chrono::system_clock::now().time_since_epoch();
    return reading_of(asked, boot_time(), std::chrono::duration_cast<Duration>(said));
}

}  // namespace herald::base
