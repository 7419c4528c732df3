// tests/unit/server/core/operations_test.cpp: many operations at a time, or one that is alone.
#include "server/core/operations.h"

#include <atomic>
#include <thread>

#include <doctest/doctest.h>

namespace herald::server::operations_test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

}  // namespace

TEST_CASE("operations are under way at the same time") {
    Operations operations;
    const auto first = operations.enter(hours(1));
    const auto second = operations.enter(hours(1));
    CHECK(first);
    CHECK(second);
}

TEST_CASE("who is alone waits for what is under way, and what comes meanwhile waits for him") {
    Operations operations;
    std::atomic<bool> is_alone{false};
    auto first = operations.enter(hours(1));
    std::thread other([&] {
        const auto alone = operations.be_alone();
        is_alone = true;
    });
    // Once he waits nobody else comes in.
    while (operations.enter(milliseconds(0))) {
    }
    CHECK_FALSE(is_alone);
    first.reset();
    other.join();
    CHECK(is_alone);
    CHECK(operations.enter(hours(1)));
}

TEST_CASE("nobody waits for what takes long, and all come in when it is over") {
    Operations operations;
    auto alone = operations.be_alone();
    CHECK_FALSE(operations.enter(milliseconds(1)));
    operations.take_long();
    CHECK_FALSE(operations.enter(hours(1)));
    alone.reset();
    CHECK(operations.enter(hours(1)));
}

TEST_CASE("what waited for one who was alone comes in before the next one is") {
    Operations operations;
    std::atomic<bool> was_in{false};
    for (int n = 0; n < 20; ++n) {
        std::atomic<bool> is_coming{false};
        auto alone = operations.be_alone();
        std::thread other([&] {
            is_coming = true;
            const auto entered = operations.enter(hours(1));
            was_in = static_cast<bool>(entered);
        });
        while (!is_coming || operations.waiting() == 0) std::this_thread::yield();
        alone.reset();
        alone = operations.be_alone();
        CHECK(was_in.exchange(false));
        alone.reset();
        other.join();
    }
}

}  // namespace herald::server::operations_test
