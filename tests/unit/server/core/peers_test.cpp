// tests/unit/server/core/peers_test.cpp: work for the shard that owns an address-of-record.
#include "server/core/peers.h"

#include <string>

#include <doctest/doctest.h>

#include "base/time.h"

namespace herald::server::peers_test {
namespace {

constexpr base::HashKey kKey{1, 2};

struct Lamp {
    std::string lit;
};
struct Bell {
    int rung = 0;
};

/// Three shards, each with a lamp and a bell.
struct Bench {
    base::ManualClock clock;
    base::Loop loops[3]{base::Loop(clock), base::Loop(clock), base::Loop(clock)};
    Lamp lamps[3];
    Bell bells[3];
    Peers peers{kKey, 3};

    Bench() {
        for (unsigned i = 0; i < 3; ++i) {
            peers.join(i, loops[i]);
            peers.offer(i, lamps[i]);
            peers.offer(i, bells[i]);
        }
    }
    void turn() {
        for (auto& loop : loops) loop.turn(base::Duration::zero());
    }
};

}  // namespace

TEST_CASE("work is done by the shard that owns the address, in a later turn of its loop") {
    Bench bench;
    const std::string aor = "sip:alice@example.com";
    const auto owner = bench.peers.owner_of(aor);
    CHECK(owner == shard_of_aor(kKey, aor, 3));

    bench.peers.post<Lamp>(aor, [aor](Lamp& lamp) { lamp.lit = aor; });
    for (const auto& lamp : bench.lamps) CHECK(lamp.lit.empty());
    for (unsigned i = 0; i < 3; ++i) {
        if (i != owner) bench.loops[i].turn(base::Duration::zero());
    }
    CHECK(bench.lamps[owner].lit.empty());
    bench.turn();

    for (unsigned i = 0; i < 3; ++i) CHECK(bench.lamps[i].lit == (i == owner ? aor : ""));
}

TEST_CASE("what all others have to know reaches each of them once") {
    Bench bench;
    bench.peers.post_to_others<Bell>(1, [](Bell& bell) { ++bell.rung; });
    bench.turn();
    CHECK(bench.bells[0].rung == 1);
    CHECK(bench.bells[1].rung == 0);
    CHECK(bench.bells[2].rung == 1);
}

TEST_CASE(
    "what follows when all others know comes once, on the first one's thread, after the last of "
    "them") {
    Bench bench;
    int followed = 0;
    bench.peers.post_to_others<Bell>(
        1, [](Bell& bell) { ++bell.rung; }, [&] { ++followed; });
    bench.loops[1].turn(base::Duration::zero());
    bench.loops[2].turn(base::Duration::zero());
    bench.loops[1].turn(base::Duration::zero());
    CHECK(followed == 0);
    bench.loops[0].turn(base::Duration::zero());
    CHECK(followed == 0);
    bench.loops[1].turn(base::Duration::zero());
    CHECK(followed == 1);
    bench.turn();
    CHECK(followed == 1);
}

TEST_CASE("where there is no other, all others know") {
    base::ManualClock clock;
    base::Loop loop(clock);
    Bell bell;
    Peers alone(kKey, 1);
    alone.join(0, loop);
    alone.offer(0, bell);
    bool has_followed = false;
    alone.post_to_others<Bell>(
        0, [](Bell& other) { ++other.rung; }, [&] { has_followed = true; });
    CHECK(has_followed);
    CHECK(bell.rung == 0);
}

}  // namespace herald::server::peers_test
