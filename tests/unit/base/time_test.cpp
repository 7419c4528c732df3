// tests/unit/base/time_test.cpp: the clocks.
#include "base/time.h"

#include <doctest/doctest.h>

namespace herald::base::time_test {

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

}  // namespace herald::base::time_test
