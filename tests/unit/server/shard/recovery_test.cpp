// tests/unit/server/shard/recovery_test.cpp: what a start learns from the rows of the store.
#include "server/shard/recovery.h"

#include <doctest/doctest.h>

#include "tests/unit/server/slow_shard.h"

namespace herald::server {
namespace {

using testing::SlowShard;

store::Subscription watcher(std::uint64_t id, std::uint64_t change) {
    store::Subscription row;
    row.id = id;
    row.change = change;
    row.package = "presence";
    row.aor = "sip:alice@localhost";
    row.watcher = "sip:bob@localhost";
    row.state = store::Subscription::State::active;
    row.call_id = "c";
    row.local_tag = "tag" + std::to_string(id);
    row.remote_target = "sip:bob@192.0.2.10";
    row.flow = "udp 0 192.0.2.10:5060";
    row.epoch = 1;
    row.expires_at = base::WallTime(std::chrono::hours(1'000'000));
    return row;
}

/// A recovery into one shard of its own.
struct Recovering : SlowShard {
    std::vector<std::unique_ptr<Shard>> shards;

    Recovering() {
        shards.push_back(std::make_unique<Shard>(
            loop, transport, metrics, ShardSetup{config, domains, store, ids, limits, 0, 1},
            nullptr));
    }
    Recovery recovery() { return Recovery(shards, store.home(), clock.wall()); }
};

}  // namespace

TEST_CASE("numbers given after a start are above every one in the store, of rows and of changes") {
    Recovering server;
    auto recovery = server.recovery();
    CHECK(recovery.next_id() == 1);
    recovery.on_subscription(watcher(7, 7));
    CHECK(recovery.next_id() == 8);
    recovery.on_subscription(watcher(5, 40));
    CHECK(recovery.next_id() == 41);
    recovery.on_confirmation({"presence", "sip:alice@localhost", 1, 90});
    CHECK(recovery.next_id() == 91);
    CHECK(recovery.subscriptions() == 2);
}

TEST_CASE("a confirmation nobody watches any more is of no use") {
    Recovering server;
    auto recovery = server.recovery();
    CHECK_FALSE(recovery.on_confirmation({"presence", "sip:alice@localhost", 1, 9}));
    recovery.on_subscription(watcher(1, 1));
    CHECK(recovery.on_confirmation({"presence", "sip:alice@localhost", 1, 9}));
    CHECK_FALSE(recovery.on_confirmation({"no-such-package", "sip:alice@localhost", 1, 9}));
    CHECK_FALSE(recovery.on_confirmation({"presence", "sip:carol@localhost", 1, 9}));
}

TEST_CASE("an ended dialog is remembered, and counted as no subscription") {
    Recovering server;
    auto recovery = server.recovery();
    auto ended = watcher(3, 3);
    ended.state = store::Subscription::State::terminated;
    recovery.on_subscription(ended);
    CHECK(recovery.subscriptions() == 0);
    CHECK(server.shards.front()->context().subscriptions.size() == 0);
}

}  // namespace herald::server
