// tests/unit/server/core/settled_commit_test.cpp: changes whose outcome the store does not know at
// once.
#include "server/core/settled_commit.h"

#include <vector>

#include "tests/unit/server/slow_shard.h"

namespace herald::server::settled_commit_test {
namespace {

using store::Outcome;
using testing::SlowShard;

struct Bench : SlowShard {
    void commit(const std::string& aor) {
        changes.commit(store::RemoveAlias{aor},
                       [this](Outcome outcome) { told.push_back(outcome); });
    }
    const std::string& under_way() { return store.oldest<store::RemoveAlias>().aor; }

    ChangesInTurn changes{loop, shard.port()};
    std::vector<Outcome> told;
};

}  // namespace

TEST_CASE("what the store knows at once is told once") {
    for (const auto outcome : {Outcome::committed, Outcome::refused, Outcome::unavailable}) {
        Bench bench;
        bench.commit("a");
        bench.finish(outcome);
        bench.pass(std::chrono::seconds(10));
        CHECK(bench.told == std::vector{outcome});
        CHECK(bench.store.held.empty());
    }
}

TEST_CASE("what it does not know is told, and handed over again until it does") {
    for (const auto found : {Outcome::committed, Outcome::refused}) {
        Bench bench;
        bench.commit("a");
        for (const auto outcome : {Outcome::unknown, Outcome::unavailable, Outcome::unknown}) {
            bench.finish(outcome);
            CHECK(bench.told == std::vector{Outcome::unknown});
            CHECK(bench.store.held.empty());
            bench.pass(std::chrono::seconds(2));
            CHECK(bench.under_way() == "a");
        }
        bench.finish(found);
        CHECK(bench.told == std::vector{Outcome::unknown, Outcome::committed});
        bench.pass(std::chrono::seconds(10));
        CHECK(bench.store.held.empty());
    }
}

TEST_CASE("changes in turn wait for what became of the one before") {
    Bench bench;
    bench.commit("a");
    bench.commit("b");
    bench.commit("c");
    CHECK(bench.store.held.size() == 1);
    bench.finish(Outcome::unknown);
    CHECK(bench.store.held.empty());
    bench.pass(std::chrono::seconds(2));
    CHECK(bench.under_way() == "a");
    bench.finish();
    CHECK(bench.under_way() == "b");
    bench.finish(Outcome::unavailable);
    CHECK(bench.under_way() == "c");
    bench.finish();
    CHECK(bench.told == std::vector{Outcome::unknown, Outcome::committed, Outcome::unavailable,
                                    Outcome::committed});
}

TEST_CASE("so many changes wait, and no more") {
    Bench bench;
    for (std::size_t i = 0; i <= ChangesInTurn::kLimit; ++i) bench.commit("a");
    CHECK(bench.told.empty());
    bench.commit("a");
    CHECK(bench.told == std::vector{Outcome::unavailable});
}

}  // namespace herald::server::settled_commit_test
