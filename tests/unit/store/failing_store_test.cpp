// tests/unit/store/failing_store_test.cpp: the store that fails on demand keeps the promises of one
// that does not.
#include "tests/support/failing_store.h"

#include "tests/unit/store/support.h"

namespace herald::store::failing_store_test {
namespace {

using namespace testing;
using herald::testing::FailingStore;

struct Rig {
    Rig() : loop(clock) {
        auto opened = open("memory:", {.is_inline = true}, metrics, clock);
        REQUIRE(opened);
        store = std::make_unique<FailingStore>(std::move(*opened));
        port = store->attach(loop);
    }
    ~Rig() {
        port.reset();
        store.reset();
    }

    /// Commits publications 1 to `count`; their outcomes in the order in which they came, which
    /// must be theirs.
    std::vector<Outcome> commit(std::uint64_t count) {
        std::vector<Outcome> outcomes;
        std::uint64_t expected = 1;
        for (std::uint64_t id = 1; id <= count; ++id) {
            port->commit(PutPublication{.row = publication(id), .expected_tag = {}},
                         [&, id](Outcome outcome) {
                             CHECK(id == expected++);
                             outcomes.push_back(outcome);
                         });
        }
        CHECK(port->waiting() == count);
        for (int turns = 0; turns < 4; ++turns) loop.turn(0ms);
        CHECK(port->waiting() == 0);
        return outcomes;
    }
    std::size_t rows() {
        Recovered rows;
        REQUIRE(store->recover(rows));
        return rows.publications.size();
    }

    base::ManualClock clock;
    base::Metrics metrics;
    base::Loop loop;
    std::unique_ptr<FailingStore> store;
    std::unique_ptr<Port> port;
};

constexpr auto C = Outcome::committed;

TEST_CASE("without a failure the failing store is a store") {
    Rig rig;

    CHECK(rig.commit(3) == std::vector{C, C, C});
    CHECK(rig.store->commits() == 3);
    CHECK(rig.rows() == 3);
}

TEST_CASE("the n-th commit fails in its place and is not applied") {
    for (const Outcome outcome : {Outcome::unavailable, Outcome::refused, Outcome::unknown}) {
        Rig rig;
        rig.store->fail({.first = 2, .outcome = outcome});

        CHECK(rig.commit(3) == std::vector{C, outcome, C});
        CHECK(rig.rows() == 2);
    }
}

TEST_CASE("an unknown outcome may hide an applied change") {
    Rig rig;
    rig.store->fail({.first = 2, .outcome = Outcome::unknown, .is_applied = true});

    CHECK(rig.commit(3) == std::vector{C, Outcome::unknown, C});
    CHECK(rig.rows() == 3);
}

TEST_CASE("all commits from the n-th on may fail, until told otherwise") {
    Rig rig;
    rig.store->fail({.first = 2, .last = UINT64_MAX});
    constexpr auto U = Outcome::unavailable;
    CHECK(rig.commit(4) == std::vector{C, U, U, U});
    CHECK(rig.rows() == 1);

    rig.store->fail({});
    CHECK(rig.commit(2) == std::vector{C, C});
}

TEST_CASE("the failing store can look full and unwritable") {
    Rig rig;
    rig.store->pretend_full(true);
    rig.store->pretend_unwritable(true);

    CHECK(rig.port->is_full());
    CHECK(rig.port->is_full_for_refreshes());
    CHECK_FALSE(rig.store->is_writable());
}

TEST_CASE("a port that goes with failures under way calls nobody") {
    Rig rig;
    rig.store->fail({.first = 1});
    rig.port->commit(RemovePublication{.id = 1}, [](Outcome) { FAIL("called"); });

    rig.port.reset();
    rig.loop.turn(0ms);
}

}  // namespace
}  // namespace herald::store::failing_store_test
