// tests/unit/cli/bench/bench_fanout_test.cpp: when a PUBLISH has reached its last watcher.
#include "cli/bench/bench_fanout.h"

#include <doctest/doctest.h>

namespace herald::cli::bench::bench_fanout_test {
namespace {

using namespace std::chrono_literals;

constexpr base::Instant kBegin{1h};

FanOut with_watchers(int count) {
    FanOut fan_out(1, 5s);
    for (int i = 0; i < count; ++i) fan_out.add_watcher(0);
    return fan_out;
}

TEST_CASE("a PUBLISH counts from its intended time to the NOTIFY to its last watcher") {
    FanOut fan_out = with_watchers(2);
    fan_out.sent(0, 10, kBegin, kBegin + 1ms);
    fan_out.accepted(0, 10, kBegin + 2ms);
    fan_out.told(0, 0, 10, kBegin + 3ms);
    CHECK(fan_out.unfinished() == 1);
    CHECK(fan_out.completed() == 0);

    fan_out.told(0, 0, 10, kBegin + 9ms);

    CHECK(fan_out.unfinished() == 0);
    CHECK(fan_out.latencies().max() == 9ms);
    CHECK(fan_out.finished() == std::vector<std::uint32_t>{0});
    CHECK(fan_out.acknowledged(0) == 10);
}

TEST_CASE("NOTIFYs before the 200 count, but finish nothing before it") {
    FanOut fan_out = with_watchers(1);
    fan_out.sent(0, 10, kBegin, kBegin);

    fan_out.told(0, 0, 10, kBegin + 4ms);
    CHECK(fan_out.unfinished() == 1);
    fan_out.accepted(0, 10, kBegin + 6ms);

    CHECK(fan_out.unfinished() == 0);
    CHECK(fan_out.latencies().max() == 4ms);
}

TEST_CASE("one NOTIFY with a later state finishes all earlier ones") {
    FanOut fan_out = with_watchers(2);
    for (const std::uint64_t sequence : {10, 11, 12}) {
        fan_out.sent(0, sequence, kBegin, kBegin);
        fan_out.accepted(0, sequence, kBegin);
    }
    fan_out.told(0, 0, 10, kBegin + 1ms);
    fan_out.told(0, 10, 12, kBegin + 2ms);
    CHECK(fan_out.unfinished() == 3);

    fan_out.told(0, 0, 12, kBegin + 3ms);

    CHECK(fan_out.unfinished() == 0);
    CHECK(fan_out.completed() == 3);
}

TEST_CASE("without watchers a PUBLISH is finished by its 200") {
    FanOut fan_out = with_watchers(0);
    fan_out.sent(0, 10, kBegin, kBegin);

    fan_out.accepted(0, 10, kBegin + 7ms);

    CHECK(fan_out.unfinished() == 0);
    CHECK(fan_out.latencies().max() == 7ms);
}

TEST_CASE("a refused PUBLISH is neither finished nor acknowledged") {
    FanOut fan_out = with_watchers(1);
    fan_out.sent(0, 10, kBegin, kBegin);

    fan_out.dropped(0, 10);

    CHECK(fan_out.unfinished() == 0);
    CHECK(fan_out.completed() == 0);
    CHECK(fan_out.acknowledged(0) == 0);
    CHECK(fan_out.finished() == std::vector<std::uint32_t>{0});
}

TEST_CASE(
    "a watcher that left keeps nobody waiting, one that had it already is not counted twice") {
    FanOut fan_out = with_watchers(3);
    fan_out.sent(0, 10, kBegin, kBegin);
    fan_out.accepted(0, 10, kBegin);
    fan_out.told(0, 0, 10, kBegin + 1ms);
    fan_out.remove_watcher(0, 10, kBegin + 2ms);
    fan_out.told(0, 0, 10, kBegin + 3ms);
    CHECK(fan_out.unfinished() == 1);

    fan_out.remove_watcher(0, 0, kBegin + 4ms);

    CHECK(fan_out.unfinished() == 0);
    fan_out.sent(0, 11, kBegin + 5ms, kBegin + 5ms);
    fan_out.accepted(0, 11, kBegin + 5ms);
    fan_out.told(0, 10, 11, kBegin + 6ms);
    CHECK(fan_out.completed() == 2);
}

TEST_CASE("a fan-out that is not finished in time is counted and given up") {
    FanOut fan_out = with_watchers(1);
    fan_out.sent(0, 10, kBegin, kBegin);
    fan_out.accepted(0, 10, kBegin);

    fan_out.expire(kBegin + 4999ms);
    CHECK(fan_out.incomplete() == 0);
    fan_out.expire(kBegin + 5s);

    CHECK(fan_out.incomplete() == 1);
    CHECK(fan_out.unfinished() == 0);
    CHECK(fan_out.acknowledged(0) == 10);
}

TEST_CASE("a presentity has only so many PUBLISHes under way") {
    FanOut fan_out = with_watchers(1);
    for (std::size_t i = 0; i < FanOut::kDepth; ++i) {
        CHECK(fan_out.has_room(0));
        fan_out.sent(0, i + 1, kBegin, kBegin);
    }

    CHECK_FALSE(fan_out.has_room(0));
}

}  // namespace
}  // namespace herald::cli::bench::bench_fanout_test
