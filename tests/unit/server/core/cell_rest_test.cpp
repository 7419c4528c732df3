// tests/unit/server/core/cell_rest_test.cpp: what is about a cell that is on its way waits for it.
#include "server/core/cell_rest.h"

#include <string>

#include <doctest/doctest.h>

#include "base/time.h"
#include "server/core/peers.h"

namespace herald::server::cell_rest_test {
namespace {

constexpr auto kCell = static_cast<Cell>(7);
constexpr auto kOther = static_cast<Cell>(8);

}  // namespace

TEST_CASE("work about a cell at rest is done in order once it is served, other work at once") {
    CellRest rest;
    std::string did;
    rest.on_end([&](Cell) { did += "end "; });
    rest.begin(kCell);
    rest.run(kCell, [&] { did += "first "; });
    rest.run(kCell, [&] { did += "second "; });
    rest.run(kOther, [&] { did += "other "; });
    CHECK(did == "other ");

    rest.end(kCell);

    CHECK(did == "other first second end ");
    rest.end(kCell);
    CHECK(did == "other first second end ");
    rest.run(kCell, [&] { did += "third"; });
    CHECK(did == "other first second end third");
}

TEST_CASE("work that puts its cell to rest again is not done twice") {
    CellRest rest;
    int did = 0;
    rest.begin(kCell);
    rest.run(kCell, [&] {
        ++did;
        rest.begin(kCell);
    });
    rest.end(kCell);
    rest.end(kCell);
    CHECK(did == 1);
}

TEST_CASE("what waits for one cell is bounded") {
    CellRest rest;
    std::size_t did = 0;
    rest.begin(kCell);
    for (std::size_t n = 0; n < CellRest::kMost + 5; ++n) rest.run(kCell, [&] { ++did; });
    rest.end(kCell);
    CHECK(did == CellRest::kMost);
}

TEST_CASE("a promise holds its cell, and may outlive everything") {
    CellRest::Promise kept;
    {
        CellRest rest;
        CHECK_FALSE(rest.has_promises(kCell));
        kept = rest.promise(kCell);
        auto copy = kept;
        CHECK(rest.has_promises(kCell));
        CHECK_FALSE(rest.has_promises(kOther));
        kept.reset();
        CHECK(rest.has_promises(kCell));
        copy.reset();
        CHECK_FALSE(rest.has_promises(kCell));
        kept = rest.promise(kCell);
    }
    kept.reset();
}

TEST_CASE("what other shards post about a cell at rest waits, of other cells it does not") {
    struct Part {
        std::string heard;
    } part;
    const base::HashKey key{5, 6};
    const base::ManualClock clock;
    base::Loop loop(clock);
    Peers peers(key, 1);
    CellRest rest;
    peers.join(0, loop);
    peers.share(0, rest);
    peers.offer(0, part);
    const std::string alice = "sip:alice@localhost", bob = "sip:bob@localhost";
    const auto cell = cell_of(bucket_of(key, alice));
    REQUIRE(cell != cell_of(bucket_of(key, bob)));
    const auto post = [&](const std::string& aor, const std::string& what) {
        peers.post<Part>(aor, [what](Part& owner) { owner.heard += what; });
        while (loop.turn(base::Duration::zero())) {
        }
    };

    rest.begin(cell);
    post(alice, "a");
    post(bob, "b");
    CHECK(part.heard == "b");
    rest.end(cell);
    CHECK(part.heard == "ba");
    post(alice, "c");
    CHECK(part.heard == "bac");
}

}  // namespace herald::server::cell_rest_test
