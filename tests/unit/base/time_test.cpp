// tests/unit/base/time_test.cpp: the clocks.
#include "base/time.h"

#include <doctest/doctest.h>

using namespace herald::base;
using namespace std::chrono_literals;

TEST_CASE("the system clock's monotonic time never goes back") {
    const SystemClock clock;

    const Instant before = clock.now();

    CHECK(clock.now() >= before);
    CHECK(clock.wall().time_since_epoch() > 1'700'000'000s);
}

TEST_CASE("a manual clock stands still until it is advanced") {
    ManualClock clock;
    const Instant now = clock.now();
    const WallTime wall = clock.wall();

    CHECK(clock.now() == now);
    clock.advance(1500ms);

    CHECK(clock.now() - now == 1500ms);
    CHECK(clock.wall() - wall == 1500ms);
}

TEST_CASE("a manual clock's wall loses nothing over steps below its millisecond") {
    ManualClock clock;
    const Instant now = clock.now();
    const WallTime wall = clock.wall();

    for (int i = 0; i < 1000; ++i) clock.advance(999us);

    CHECK(clock.now() - now == 999ms);
    CHECK(clock.wall() - wall == 999ms);
}

TEST_CASE("the server's clock starts with the system's, or with what is known to be past") {
    SteadyClock clock;
    const SystemClock system;
    CHECK(clock.wall() - system.wall() < 1s);
    CHECK(system.wall() - clock.wall() < 1s);

    const WallTime later = system.wall() + 1h;
    clock.start_no_earlier(later);
    CHECK(clock.wall() >= later);
    clock.start_no_earlier(later - 30min);
    CHECK(clock.wall() >= later);

    // An hour ahead, it comes back by a hundredth of the time that passes, never in a step.
    const WallTime before = clock.wall();
    CHECK(clock.follow() < -59min);
    CHECK(clock.wall() >= before);
}

TEST_CASE("a clock is set right by ten milliseconds a second at most") {
    CHECK(slew(1h, 1s) == 10ms);
    CHECK(slew(-1h, 1s) == -10ms);
    CHECK(slew(3ms, 1s) == 3ms);
    CHECK(slew(-3ms, 1s) == -3ms);
    CHECK(slew(1h, 0s) == 0s);
    CHECK(slew(1h, -1s) == 0s);
}
