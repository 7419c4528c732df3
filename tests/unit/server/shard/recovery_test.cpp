// tests/unit/server/shard/recovery_test.cpp: what a start learns from the rows of the store.
#include "server/shard/recovery.h"

#include <doctest/doctest.h>

#include "server/shard/recovered_rows.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::recovery_test {
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
    struct Told {
        unsigned rejected = 0;    ///< last NOTIFYs that say so
        bool has_secret = false;  ///< a document with that word
    };
    std::vector<std::unique_ptr<Shard>> shards;

    explicit Recovering(Config given = parse_config("").config) : SlowShard(std::move(given)) {
        shards.push_back(std::make_unique<Shard>(
            loop, transport, metrics, ShardSetup{config, domains, store, ids, limits, 0, 1},
            nullptr));
    }
    Recovery recovery() { return Recovery(shards, store.home(), clock.wall()); }
    /// What watchers who answer are told in the first two seconds.
    Told told_after_start() {
        transport.attach(shards.front()->stack());
        shards.front()->rows().resume({});
        Told told;
        for (unsigned turn = 0; turn < 200; ++turn) {
            while (!store.held.empty()) finish();
            pass(std::chrono::milliseconds(10));
            for (const auto& sent : transport.take()) {
                told.rejected += sent.bytes.find("=rejected") != std::string::npos;
                told.has_secret |= sent.bytes.find("secret") != std::string::npos;
                receive(testing::answer_to(sent.bytes, "200 OK"));
            }
        }
        return told;
    }
};

store::Publication document(const std::string& note) {
    store::Publication row;
    row.id = 1;
    row.package = "presence";
    row.aor = "sip:alice@localhost";
    row.entity_tag = "tag";
    row.source = "hard";
    row.type = "application/pidf+xml";
    row.body =
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:alice@localhost\">"
        "<tuple id=\"a\"><status><basic>open</basic></status><note>" +
        note + "</note></tuple></presence>";
    return row;
}

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

TEST_CASE("what a start found is found, and counted, once its last row was read") {
    Recovering server;
    auto recovery = server.recovery();
    recovery.on_subscription(watcher(1, 1));
    recovery.on_subscription(watcher(2, 2));
    const auto& found = server.shards.front()->context().subscriptions;

    server.shards.front()->rows().resume({});

    CHECK(found.by_dialog("c", "tag1", ""));
    CHECK(found.by_dialog("c", "tag2", ""));
    CHECK(found.loads().of_watcher("sip:bob@localhost") == 2);
    CHECK(found.loads().of_source(*sip::Endpoint::from("192.0.2.10", 9)) == 2);
}

TEST_CASE("who watched before a start does not wait for what others guess after it") {
    Recovering server(parse_config("[sip]\nauth = \"digest\"\n").config);
    server.recovery().on_subscription(watcher(1, 1));
    auto& guesses = server.limits.guesses;
    const auto now = server.loop.now();
    const Guesses::Try home{"sip:bob@localhost", *sip::Endpoint::from("192.0.2.10", 5060)};
    const Guesses::Try elsewhere{"sip:bob@localhost", *sip::Endpoint::from("192.0.2.99", 5060)};

    for (int i = 0; i < 5; ++i) guesses.failed(elsewhere, {1, 1, 60}, now);

    CHECK(guesses.wait(home, now) == 0);
    CHECK(guesses.wait(elsewhere, now) > 0);
}

TEST_CASE("RFC 5025 3.2.1: what was withdrawn before a start is shown to nobody after it") {
    // Judged in slices, told in slices: for a while there are some who are not judged yet.
    constexpr unsigned kWatchers = 1000;
    Recovering server;
    auto recovery = server.recovery();
    const auto entries =
        with_entry({}, {SubHandling::block, "sip:bob@localhost", std::string("presence")});
    recovery.on_policy({"sip:alice@localhost", 9, to_text(entries), {}});
    recovery.on_publication(document("secret"));
    for (unsigned n = 1; n <= kWatchers; ++n) {
        auto row = watcher(10 + n, 10 + n);
        row.call_id += std::to_string(n);
        recovery.on_subscription(row);
    }

    const auto told = server.told_after_start();

    CHECK(told.rejected == kWatchers);
    CHECK_FALSE(told.has_secret);
}

TEST_CASE("RFC 6665 4.1.3: who lost his account before a start is told that it is over, no more") {
    Recovering server(parse_config("[sip]\nauth = \"digest\"\n").config);
    auto recovery = server.recovery();
    recovery.on_account({.aor = "sip:alice@localhost", .username = "alice", .realm = "localhost"});
    recovery.on_publication(document("secret"));
    recovery.on_subscription(watcher(10, 10));

    const auto told = server.told_after_start();

    CHECK(told.rejected == 1);
    CHECK_FALSE(told.has_secret);
}

TEST_CASE("RFC 6665 4.1.3: likewise who was a delegate no more") {
    Recovering server(parse_config("[sip]\nauth = \"digest\"\n").config);
    auto recovery = server.recovery();
    for (const auto* user : {"alice", "bob"}) {
        recovery.on_account({.aor = "sip:" + std::string(user) + "@localhost",
                             .username = user,
                             .realm = "localhost"});
    }
    auto row = watcher(10, 10);
    row.package = "message-summary";
    recovery.on_subscription(row);

    const auto told = server.told_after_start();

    CHECK(told.rejected == 1);
    CHECK(server.shards.front()->context().subscriptions.size() == 0);
}

}  // namespace herald::server::recovery_test
