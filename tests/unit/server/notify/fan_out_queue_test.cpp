// tests/unit/server/notify/fan_out_queue_test.cpp: how much of a fan-out is done in one turn.
#include "server/notify/fan_out_queue.h"

#include <vector>

#include <doctest/doctest.h>

#include "server/notify/live_subscriptions.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::fan_out_queue_test {

namespace {

using std::chrono::microseconds;
using testing::SlowShard;

/// A queue beside the shard's own, whose visits cost what the test says.
struct Queue : SlowShard {
    Confirmations confirmations{shard.context()};
    base::Duration cost{};
    std::vector<std::uint32_t> visited;  ///< resources, in order of visits
    FanOutQueue queue{shard.context(), confirmations, [this](SubscriptionTable::Id id) {
                          visited.push_back(shard.context().subscriptions[id.slot].resource);
                          clock.advance(cost);
                      }};

    std::uint32_t resource(const std::string& aor, unsigned watchers) {
        const auto slot = shard.context().resources.obtain(*packages::find("presence"), aor);
        for (unsigned n = 0; n < watchers; ++n) {
            Subscription record;
            const auto tag = aor + std::to_string(n);
            record.text =
                PackedText({tag, "", "", "sip:w@192.0.2.9", tag, "", "presence", "", "", "", ""});
            record.resource = slot;
            shard.live_subscriptions().adopt(std::move(record));
        }
        return slot;
    }
    std::size_t turn() {
        const auto before = visited.size();
        loop.turn(base::Duration::zero());
        return visited.size() - before;
    }
};

}  // namespace

TEST_CASE("a turn visits 256 watchers at most, of one resource 128 before another gets its share") {
    Queue f;
    const auto many = f.resource("sip:many@localhost", 1000);
    const auto few = f.resource("sip:few@localhost", 3);
    f.queue.add(many);
    f.queue.add(few);

    CHECK(f.turn() == 256);

    CHECK(f.visited[127] == many);
    CHECK(f.visited[128] == few);
    CHECK(f.visited[131] == many);
    CHECK(f.turn() == 256);
}

TEST_CASE("a turn takes a millisecond, and what one visit more costs") {
    Queue f;
    f.queue.add(f.resource("sip:many@localhost", 1000));

    f.cost = microseconds(100);
    CHECK(f.turn() <= 10 + 8);
    f.cost = microseconds(5'000);
    CHECK(f.turn() == 1);
    f.cost = microseconds(1);
    CHECK(f.turn() == 256);
}

TEST_CASE("documents that take long to compose go one a turn") {
    Queue f;
    for (int n = 0; n < 4; ++n)
        f.queue.add(f.resource("sip:a" + std::to_string(n) + "@localhost", 1));
    f.cost = microseconds(1'000);

    for (int n = 0; n < 4; ++n) CHECK(f.turn() == 1);
    CHECK(f.turn() == 0);
}

TEST_CASE("what changes again during its fan-out is gone through once more, from the start") {
    Queue f;
    const auto slot = f.resource("sip:many@localhost", 300);
    f.queue.add(slot);
    REQUIRE(f.turn() == 256);
    f.queue.add(slot);
    f.queue.add(slot);

    std::size_t more = 0;
    while (const auto visits = f.turn()) more += visits;

    CHECK(more == 44 + 300);
}

TEST_CASE("nothing is told before the store has it that what was confirmed holds no more") {
    Queue f;
    const auto slot = f.resource("sip:alice@localhost", 2);
    f.store.holds_withdrawals = true;
    f.shard.context().resources[slot].confirmed_fingerprint = 12345;

    f.queue.add(slot);
    CHECK(f.turn() == 0);
    REQUIRE(f.store.withdrawn.size() == 1);
    f.store.withdrawn.front()(store::Outcome::unavailable);
    f.pass(std::chrono::milliseconds(1999));
    CHECK(f.visited.empty());
    f.pass(std::chrono::milliseconds(2));
    REQUIRE(f.store.withdrawn.size() == 2);
    CHECK(f.visited.empty());
    f.store.withdrawn.back()(store::Outcome::committed);
    f.settle();

    CHECK(f.visited.size() == 2);
}

}  // namespace herald::server::fan_out_queue_test
