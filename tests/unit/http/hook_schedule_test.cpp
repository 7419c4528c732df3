// tests/unit/http/hook_schedule_test.cpp: events are posted in order, those of one resource never
// past each other, and ever more seldom while they are not taken.
#include "http/hook_schedule.h"

#include <doctest/doctest.h>

namespace herald::http::hook_schedule_test {
namespace {

using std::chrono::seconds;

base::Instant at(int second) {
    return base::Instant{} + seconds(second);
}

server::QueuedEvent event(std::uint64_t id, std::string resource) {
    return {id, std::move(resource), "{}", base::WallTime(seconds(id))};
}

std::uint64_t due(const HookSchedule& schedule, int second) {
    const auto* found = schedule.due(at(second));
    return found ? found->id : 0;
}

HookSchedule three() {
    HookSchedule schedule;
    schedule.add(event(1, "alice"));
    schedule.add(event(2, "alice"));
    schedule.add(event(3, "bob"));
    return schedule;
}

TEST_CASE("the oldest goes first, and each once it was taken is gone") {
    auto schedule = three();
    CHECK(schedule.last() == 3);
    for (const std::uint64_t id : {1, 2, 3}) {
        CHECK(due(schedule, 0) == id);
        schedule.taken(id);
    }
    CHECK(schedule.is_empty());
    CHECK_FALSE(schedule.next());
    CHECK(schedule.last() == 3);
}

TEST_CASE("what is refused holds back what is about the same, and nothing else") {
    auto schedule = three();
    schedule.refused(1, at(10));
    CHECK(due(schedule, 10) == 3);
    schedule.taken(3);
    CHECK(due(schedule, 10) == 0);
    CHECK(schedule.next() == at(11));
    CHECK(due(schedule, 11) == 1);
    schedule.refused(1, at(11));
    CHECK(schedule.next() == at(13));
    schedule.taken(1);
    CHECK(due(schedule, 11) == 2);
}

TEST_CASE("where nobody is there everything waits, five minutes at most") {
    auto schedule = three();
    int now = 0;
    for (const int pause : {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300}) {
        schedule.unreachable(at(now));
        CHECK(due(schedule, now) == 0);
        CHECK(schedule.next() == at(now + pause));
        now += pause;
        CHECK(due(schedule, now) == 1);
    }
    // Somebody is there again, whatever he says.
    schedule.refused(1, at(now));
    CHECK(due(schedule, now) == 3);
}

TEST_CASE("what gave way in the store is not waited for here") {
    auto schedule = three();
    schedule.refused(1, at(0));
    schedule.forget_before(2);
    CHECK(schedule.size() == 2);
    CHECK(due(schedule, 0) == 2);
    schedule.forget_before(9);
    CHECK(schedule.is_empty());
    CHECK(schedule.last() == 3);
}

TEST_CASE("what is too old is given up") {
    auto schedule = three();
    schedule.refused(1, at(0));
    CHECK(schedule.give_up(base::WallTime(seconds(3))) == std::vector<std::uint64_t>{1, 2});
    CHECK(due(schedule, 0) == 3);
    CHECK(schedule.give_up(base::WallTime(seconds(3))).empty());
    schedule.taken(7);
    schedule.refused(7, at(0));
    CHECK(schedule.size() == 1);
}

}  // namespace
}  // namespace herald::http::hook_schedule_test
