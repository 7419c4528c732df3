// tests/unit/server/core/gate_test.cpp: one change at a time for each key, the rest in order of
// arrival.
#include "server/core/gate.h"

#include <string>

#include <doctest/doctest.h>

namespace herald::server::gate_test {

TEST_CASE("what waits runs in order of arrival, key by key") {
    Gate gate;
    std::string ran;
    CHECK(gate.wait(1, [&] { ran += 'a'; }));
    CHECK(gate.wait(2, [&] { ran += 'x'; }));
    CHECK(gate.wait(1, [&] { ran += 'b'; }));

    gate.open(1, [] { return false; });

    CHECK(ran == "ab");
    CHECK_FALSE(gate.has(1));
    CHECK(gate.has(2));
}

TEST_CASE("what starts a change anew makes the rest wait again") {
    Gate gate;
    std::string ran;
    bool is_busy = false;
    CHECK(gate.wait(1, [&] {
        ran += 'a';
        is_busy = true;
    }));
    CHECK(gate.wait(1, [&] { ran += 'b'; }));

    gate.open(1, [&] { return is_busy; });
    CHECK(ran == "a");

    is_busy = false;
    gate.open(1, [&] { return is_busy; });
    CHECK(ran == "ab");
}

TEST_CASE("work may wait once more while it runs") {
    Gate gate;
    int runs = 0;
    CHECK(gate.wait(1, [&] {
        ++runs;
        CHECK(gate.wait(1, [&] { ++runs; }));
    }));
    gate.open(1, [] { return false; });
    CHECK(runs == 2);
}

TEST_CASE("a full gate refuses and leaves the work with its owner") {
    Gate gate;
    for (std::size_t i = 0; i < Gate::kLimit; ++i) REQUIRE(gate.wait(1, [] {}));
    bool ran = false;
    base::Task<void()> work = [&] { ran = true; };
    CHECK_FALSE(gate.wait(1, std::move(work)));
    work();  // NOLINT(bugprone-use-after-move): refused, it was not moved
    CHECK(ran);
    CHECK(gate.wait(2, [] {}));
}

TEST_CASE("a gate nobody waits at opens to nothing") {
    Gate gate;
    gate.open(1, [] { return false; });
    CHECK_FALSE(gate.has(1));
}

}  // namespace herald::server::gate_test
