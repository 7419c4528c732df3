// tests/unit/server/core/expiry_test.cpp: when what is durable runs out.
#include "server/core/expiry.h"

#include <doctest/doctest.h>

namespace herald::server::expiry_test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Bench {
    base::ManualClock clock;
    base::Loop loop{clock};
    Expiry expiry{loop};
    base::TimerId timer;
    int lapsed = 0;

    void arm(base::WallTime expires_at, base::WallTime not_before = {}) {
        expiry.arm(timer, expires_at, not_before, [this] { ++lapsed; });
    }
    void pass(base::Duration time) {
        clock.advance(time);
        loop.turn(base::Duration::zero());
    }
};

}  // namespace

TEST_CASE("what is good until a time runs out then, not before, and once") {
    Bench bench;
    bench.arm(bench.clock.wall() + seconds(10));

    bench.pass(seconds(9));
    CHECK(bench.lapsed == 0);
    bench.pass(milliseconds(1001));
    CHECK(bench.lapsed == 1);
    bench.pass(hours(1));
    CHECK(bench.lapsed == 1);
}

TEST_CASE("a timer armed anew forgets what it was armed for") {
    Bench bench;
    bench.arm(bench.clock.wall() + seconds(10));
    bench.arm(bench.clock.wall() + seconds(20));
    CHECK(bench.loop.timers().size() == 1);

    bench.pass(seconds(11));
    CHECK(bench.lapsed == 0);
    bench.pass(seconds(10));
    CHECK(bench.lapsed == 1);
}

TEST_CASE("after an outage nothing runs out before its grace ends, and then spread over 10 s") {
    Bench bench;
    const auto grace_ends = bench.clock.wall() + seconds(60);
    bench.arm(bench.clock.wall() - seconds(5), grace_ends);

    bench.pass(seconds(59));
    CHECK(bench.lapsed == 0);
    bench.pass(seconds(12));
    CHECK(bench.lapsed == 1);
}

TEST_CASE("what is over already runs out in the next turn") {
    Bench bench;
    bench.arm(bench.clock.wall() - seconds(5));
    bench.pass(milliseconds(2));
    CHECK(bench.lapsed == 1);
}

TEST_CASE("what could not be removed is tried again after two seconds, by its owner too") {
    Bench bench;
    std::uint64_t told = 0;
    const auto owner = bench.loop.timers().add_owner([&](std::uint64_t what) { told = what; });
    bench.arm(bench.clock.wall() + hours(1));
    bench.expiry.retry(bench.timer, owner, 7);

    bench.pass(milliseconds(1900));
    CHECK(told == 0);
    bench.pass(milliseconds(200));
    CHECK(told == 7);
    CHECK(bench.lapsed == 0);
    CHECK(is_to_be_retried(store::Outcome::unavailable));
    CHECK(is_to_be_retried(store::Outcome::unknown));
    CHECK_FALSE(is_to_be_retried(store::Outcome::committed));
    CHECK_FALSE(is_to_be_retried(store::Outcome::refused));
}

TEST_CASE("a timer that could not reach as far as its time is early") {
    Bench bench;
    CHECK(bench.expiry.is_early(bench.clock.wall() + seconds(3)));
    CHECK_FALSE(bench.expiry.is_early(bench.clock.wall() + seconds(2)));
    CHECK_FALSE(bench.expiry.is_early(bench.clock.wall() - seconds(1)));
}

}  // namespace herald::server::expiry_test
