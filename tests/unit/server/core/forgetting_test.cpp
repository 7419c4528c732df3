// tests/unit/server/core/forgetting_test.cpp: what is meant leaves containers in steps of bounded
// work, whatever comes and goes meanwhile.
#include "server/core/forgetting.h"

#include <deque>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <doctest/doctest.h>

#include "base/text_map.h"

namespace herald::server::forgetting_test {
namespace {

constexpr int kMany = 20'000;

bool is_odd(int number) {
    return number % 2 == 1;
}

/// Numbers are elsewhere in a table of another size.
struct Mixed {
    std::size_t operator()(int number) const noexcept {
        return static_cast<std::size_t>(number) * 0x9E3779B97F4A7C15U;
    }
};

/// Calls `part(forgetting)` until it is done, `meanwhile()` after each step. Returns the steps.
template <class Part, class Meanwhile>
std::size_t steps_of(Part part, Meanwhile meanwhile) {
    Forgetting forgetting;
    std::size_t steps = 0;
    for (bool is_done = false; !is_done; ++steps) {
        REQUIRE(steps < 100'000);
        const auto before = forgetting.rows();
        forgetting.begin();
        part(forgetting);
        // The last place that was begun is gone through.
        CHECK(forgetting.rows() - before < Forgetting::kRows + 32);
        is_done = forgetting.is_done();
        meanwhile();
    }
    return steps;
}
template <class Part>
std::size_t steps_of(Part part) {
    return steps_of(part, [] {});
}

}  // namespace

TEST_CASE("cl:F-4: what is meant leaves tables of any kind, the rest stays") {
    std::unordered_map<int, std::string> table;
    std::unordered_multimap<int, int> doubles;
    std::map<int, std::string> ordered;
    base::TextSet names;
    std::size_t told = 0;
    for (int n = 0; n < kMany; ++n) {
        table[n] = "row";
        doubles.emplace(n, 0);
        doubles.emplace(n, 1);
        ordered[n] = "row";
        names.insert(std::to_string(n));
    }

    const auto steps = steps_of([&](Forgetting& forgetting) {
        const auto is_meant = [](const auto& row) { return is_odd(row.first); };
        forgetting.erase(table, is_meant, [&](const auto&) { ++told; });
        forgetting.erase(doubles, is_meant);
        forgetting.erase(ordered, is_meant);
        forgetting.erase(names, [](const std::string& name) { return is_odd(std::stoi(name)); });
    });

    CHECK(steps >= 5 * kMany / Forgetting::kRows);
    CHECK(told == kMany / 2);
    CHECK(table.size() == kMany / 2);
    CHECK(doubles.size() == kMany);
    CHECK(ordered.size() == kMany / 2);
    CHECK(names.size() == kMany / 2);
    for (const auto& [number, row] : table) CHECK_FALSE(is_odd(number));
}

TEST_CASE("tables that grow and shrink between two steps are gone through all the same") {
    std::unordered_map<int, int, Mixed> table;
    std::map<int, int> ordered;
    for (int n = 0; n < kMany; ++n) table[n] = ordered[n] = n;
    int next = kMany;

    (void)steps_of(
        [&](Forgetting& forgetting) {
            const auto is_meant = [](const auto& row) { return is_odd(row.first); };
            forgetting.erase(table, is_meant);
            forgetting.erase(ordered, is_meant);
        },
        [&] {
            // Those that come are not meant; once the table is made anew with more places.
            for (int n = 0; n < 1000 && next < 5 * kMany; ++n, next += 2) table[next] = next;
            ordered[-next] = 0;
            table.erase(next / 4 * 2);
            ordered.erase(next / 4 * 2);
        });

    for (const auto& [number, row] : table) CHECK_FALSE(is_odd(number));
    for (const auto& [number, row] : ordered) CHECK_FALSE(is_odd(number));
    CHECK(table.size() > kMany / 4);
}

TEST_CASE("a queue keeps its order, and is gone through while others use it") {
    std::deque<int> queue;
    for (int n = 0; n < kMany; ++n) queue.push_back(n);
    int next = kMany;

    const auto steps =
        steps_of([&](Forgetting& forgetting) { forgetting.erase_queued(queue, is_odd); },
                 [&] {
                     queue.push_back(next += 2);
                     if (queue.front() < kMany / 4) queue.pop_front();
                 });

    CHECK(steps >= kMany / Forgetting::kRows);
    CHECK(std::none_of(queue.begin(), queue.end(), is_odd));
    CHECK(std::is_sorted(queue.begin(), queue.end()));
    CHECK(queue.size() > kMany / 4);
}

TEST_CASE("nothing is one step; many places with little in them are not") {
    std::unordered_map<int, int> table;
    std::deque<int> queue;
    const auto part = [&](Forgetting& forgetting) {
        forgetting.erase(table, [](const auto& row) { return is_odd(row.first); });
        forgetting.erase_queued(queue, is_odd);
    };
    CHECK(steps_of(part) == 1);
    CHECK(steps_of([](Forgetting&) {}) == 1);

    table.reserve(kMany);
    table[1] = table[2] = 0;
    CHECK(steps_of(part) >= kMany / Forgetting::kRows);
    CHECK(table.size() == 1);
}

}  // namespace herald::server::forgetting_test
