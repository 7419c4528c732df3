// tests/unit/base/budget_test.cpp: what many hold together, each no more than a share.
#include "base/budget.h"

#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace herald::base::budget_test {
namespace {

constexpr std::uint64_t kAlice = 1, kBob = 2;

}  // namespace

TEST_CASE("a share counts until its last copy is gone") {
    Budget budget;
    auto share = budget.take(kAlice, 100, {});
    const auto copy = share;
    share.reset();
    CHECK(budget.bytes() == 100);
    CHECK(budget.things() == 1);
    {
        const auto other = budget.take(kBob, 5, {});
        CHECK(budget.bytes() == 105);
    }
    CHECK(budget.bytes() == 100);
}

TEST_CASE("nobody takes more than his share, all together no more than there is") {
    Budget budget;
    const Budget::Most most{.bytes = 250, .bytes_each = 100};
    const auto first = budget.take(kAlice, 100, most);
    REQUIRE(first);
    CHECK_FALSE(budget.take(kAlice, 1, most));
    CHECK_FALSE(budget.has_room(kAlice, 1, most));
    const auto second = budget.take(kBob, 100, most);
    REQUIRE(second);
    CHECK(budget.has_room(3, 50, most));
    CHECK_FALSE(budget.take(3, 51, most));
    CHECK_FALSE(budget.take(3, Budget::kAny, most));
}

TEST_CASE("a number of things is a limit of its own") {
    Budget budget;
    const Budget::Most most{.things = 2};
    std::vector<Budget::Share> shares{budget.take(kAlice, 0, most), budget.take(kBob, 0, most)};
    CHECK_FALSE(budget.take(kAlice, 0, most));
    shares.pop_back();
    CHECK(budget.take(kAlice, 0, most));
}

TEST_CASE("what is there already is counted, whatever there is, and keeps out what comes") {
    Budget budget;
    const Budget::Most most{.bytes = 100, .bytes_each = 100};
    const auto found = budget.hold(kAlice, 500);
    CHECK(budget.bytes() == 500);
    CHECK_FALSE(budget.take(kBob, 1, most));
}

TEST_CASE("a gauge shows the bytes") {
    Budget budget;
    herald::base::Counter gauge;
    auto share = budget.take(kAlice, 7, {});
    budget.show_in(gauge);
    CHECK(gauge.value() == 7);
    share = budget.take(kAlice, 20, {});
    CHECK(gauge.value() == 20);
    share.reset();
    CHECK(gauge.value() == 0);
}

TEST_CASE("a share may outlive the budget and its gauge") {
    Budget::Share share;
    {
        herald::base::Counter gauge;
        Budget budget;
        budget.show_in(gauge);
        share = budget.take(kAlice, 7, {});
        CHECK(gauge.value() == 7);
    }
    share.reset();
}

TEST_CASE("threads take and give back together") {
    Budget budget;
    std::vector<std::thread> threads;
    for (std::uint64_t holder = 0; holder < 4; ++holder) {
        threads.emplace_back([&budget, holder] {
            for (int i = 0; i < 2000; ++i) {
                const auto share = budget.take(holder, 10, {.bytes = 30});
                CHECK(budget.bytes() <= 30);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(budget.bytes() == 0);
    CHECK(budget.things() == 0);
}

}  // namespace herald::base::budget_test
