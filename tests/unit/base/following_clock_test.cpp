// tests/unit/base/following_clock_test.cpp: a wall clock that follows others, which are set, slow
// or away.
#include "base/following_clock.h"

#include <doctest/doctest.h>

namespace herald::base::following_clock_test {

using namespace std::chrono_literals;

namespace {

/// A clock that never steps, a database's that somebody sets, and what follows it.
struct Run {
    Instant now{5h};
    Duration database{400'000h};  ///< what it is ahead of `now`
    SlewedOffset offset{database, now};

    /// Time passes, looked at each second, as long as the database answers: half of `trip` after it
    /// was asked.
    void pass(std::chrono::seconds time, Duration trip = 0s) {
        for (; time > 0s; time -= 1s) {
            now += 1s;
            const Instant asked = now;
            const Duration said = now.time_since_epoch() + trip / 2 + database;
            offset.follow(reading_of(asked, now + trip, said), now);
        }
    }
    Duration behind() const { return database - offset.now(); }
};

}  // namespace

TEST_CASE("half the way to another clock and back is taken off what it said") {
    const auto reading = reading_of(Instant(100s), Instant(104s), 1000s);

    CHECK(reading.offset == 898s);
    CHECK(reading.within == 2s);
}

TEST_CASE("a database's clock that is set is followed by 10 ms a second, ahead and back") {
    for (const auto step : {1h, -1h}) {
        Run run;
        const Duration before = run.offset.now();
        run.database += step;

        run.pass(600s);

        const Duration moved = run.offset.now() - before;
        CHECK(moved == (step > 0h ? 6s : -6s));
    }
}

TEST_CASE("what drifts apart by less than that is followed wholly") {
    Run run;

    for (int i = 0; i < 1000; ++i) {
        run.database += 500us;
        run.pass(1s);
        CHECK(run.behind() == 0s);
    }
}

TEST_CASE("a slow database moves nothing that its slowness explains") {
    Run run;
    const Duration before = run.offset.now();

    // It answers in no time; the way back takes all of a second and a half.
    for (int i = 0; i < 100; ++i) {
        run.now += 1s;
        const Duration said = run.now.time_since_epoch() + run.database;
        run.offset.follow(reading_of(run.now, run.now + 1500ms, said), run.now);
    }
    CHECK(run.offset.now() == before);

    // What is beyond that is followed all the same.
    run.database += 10s;
    run.pass(2000s, 1500ms);
    CHECK(run.behind() == 750ms);
}

TEST_CASE(
    "while the database is away the clock goes on as it went, and after that it is not in a "
    "hurry") {
    Run run;
    const Duration before = run.offset.now();
    run.now += 1h;
    run.database += 1min;
    CHECK(run.offset.now() == before);

    run.pass(1s);
    const Duration first = run.offset.now() - before;
    CHECK(first == 100ms);
    run.pass(10s);
    CHECK(run.offset.now() - before - first == 100ms);
}

TEST_CASE("an offset never moves where no time has passed, or less than none") {
    SlewedOffset offset(0s, Instant(10s));

    CHECK(offset.follow({.offset = 1h}, Instant(10s)) == 1h);
    CHECK(offset.follow({.offset = 1h}, Instant(9s)) == 1h);
    CHECK(offset.now() == 0s);
    CHECK(offset.follow({.offset = 1h}, Instant(10s)) == 1h - 10ms);
}

TEST_CASE(
    "the server's clock starts with the system's, with a reading, or with what is known to be "
    "past") {
    FollowingClock clock;
    const SystemClock system;
    CHECK(clock.wall() - system.wall() < 1s);
    CHECK(system.wall() - clock.wall() < 1s);

    const auto reading = read_system_clock();
    clock.start_at({.offset = reading.offset + 2h, .within = reading.within});
    CHECK(clock.wall() - system.wall() > 119min);
    CHECK(clock.wall() - system.wall() < 121min);

    const WallTime later = system.wall() + 3h;
    clock.start_no_earlier(later);
    CHECK(clock.wall() >= later);
    clock.start_no_earlier(later - 30min);
    CHECK(clock.wall() >= later);

    // Three hours ahead, it comes back by a hundredth of the time that passes, never in a step.
    const WallTime before = clock.wall();
    CHECK(clock.follow(read_system_clock()) < -179min);
    CHECK(clock.wall() >= before);
}

}  // namespace herald::base::following_clock_test
