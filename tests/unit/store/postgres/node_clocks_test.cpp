// tests/unit/store/postgres/node_clocks_test.cpp: what time it is, as the nodes say.
#include "store/postgres/node_clocks.h"

#include <doctest/doctest.h>

namespace herald::store::node_clocks_test {
namespace {

using namespace std::chrono_literals;

constexpr base::WallTime kNoon{1'800'000'000s};
constexpr base::Instant kNow{10h};

/// The database shows noon at kNow.
Asker asker(const std::string& name = "here") {
    const base::Duration offset = kNoon.time_since_epoch() - kNow.time_since_epoch();
    return {.name = name, .boot = "boot 1", .now = kNow, .database = {offset, 3ms}};
}

/// What a node wrote of itself, whose clock is behind the database's; it stands at `beat`.
NodeClock node(const std::string& name, base::WallTime::duration behind, std::uint64_t beat) {
    return {.name = name,
            .run = 7,
            .beat = beat,
            .clock = kNoon - 1s - behind,
            .database = kNoon - 1s,
            .boot = "boot of " + name,
            .at = base::Instant(5h)};
}

std::vector<NodeClock> at_beat(std::vector<NodeClock> nodes, std::uint64_t beat) {
    for (auto& each : nodes) each.beat = beat;
    return nodes;
}

/// How far what the nodes say is behind the database.
std::optional<base::Duration> behind(const std::vector<NodeClock>& before,
                                     const std::vector<NodeClock>& after,
                                     const Asker& who = asker()) {
    const auto clock = clock_of_nodes(before, after, who);
    if (!clock) return std::nullopt;
    CHECK(clock->within == who.database.within);
    return who.database.offset - clock->offset;
}

}  // namespace

TEST_CASE("cl:T-2: the median of the clocks of nodes whose beat moves") {
    const auto of = [](const std::vector<base::WallTime::duration>& clocks) {
        std::vector<NodeClock> nodes;
        for (const auto each : clocks)
            nodes.push_back(node("n" + std::to_string(nodes.size()), each, 1));
        return behind(nodes, at_beat(nodes, 2));
    };

    CHECK(of({}) == std::nullopt);
    CHECK(of({3600s}) == 3600s);
    CHECK(of({-3600s}) == -3600s);
    CHECK(of({1s, 4s}) == 2500ms);
    CHECK(of({9000s, 1s, 2s}) == 2s);
    CHECK(of({0s, 4s, 2s, 9000s}) == 3s);
}

TEST_CASE("cl:T-2: a node whose beat stands still, or that has begun anew, is not asked") {
    const std::vector<NodeClock> nodes{node("gone", 3600s, 5)};
    auto again = at_beat(nodes, 6);
    again.front().run = 8;

    CHECK(behind(nodes, nodes) == std::nullopt);
    CHECK(behind(nodes, again) == std::nullopt);
    CHECK(behind({}, nodes) == std::nullopt);
    CHECK(behind(nodes, at_beat(nodes, 6)) == 3600s);
}

TEST_CASE("cl:T-2: an earlier run on this machine, lately, counts by the machine's own clock") {
    auto earlier = node("here", 3600s, 5);
    earlier.boot = "boot 1";
    earlier.at = kNow - 30s;
    earlier.clock = kNoon - 3600s - 30s;
    earlier.database = kNoon - 3600s - 30s;  // it was set since
    const auto of = [&](auto change) {
        auto row = earlier;
        change(row);
        return behind({row}, {row});
    };

    CHECK(of([](NodeClock&) {}) == 3600s);
    CHECK(of([](NodeClock& row) { row.boot = "boot 0"; }) == std::nullopt);
    CHECK(of([](NodeClock& row) { row.name = "elsewhere"; }) == std::nullopt);
    CHECK(of([](NodeClock& row) { row.at = kNow - 61s; }) == std::nullopt);
    CHECK(of([](NodeClock& row) { row.at = kNow + 1s; }) == std::nullopt);
    auto unknown = asker();
    unknown.boot.clear();
    auto row = earlier;
    row.boot.clear();
    CHECK(behind({row}, {row}, unknown) == std::nullopt);
}

}  // namespace herald::store::node_clocks_test
