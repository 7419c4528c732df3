// tests/unit/server/feed/hook_queue_test.cpp: events that wait to be posted are kept in one commit,
// bounded, and found again after a restart.
#include "server/feed/hook_queue.h"

#include <doctest/doctest.h>

#include "server/shard/agents.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::hook_queue_test {
namespace {

using testing::SlowShard;

struct Queue : SlowShard {
    explicit Queue(const std::string& toml = {}) : SlowShard(parse_config(toml).config) {}

    HookQueue& queue() { return shard.agents().get<HookQueue>(); }
    void keep(std::vector<std::string> resources) {
        std::vector<QueuedEvent> events;
        for (auto& resource : resources) events.push_back({0, std::move(resource), "{}", {}});
        queue().keep(std::move(events), [this](const Status& status) { is_kept = bool(status); });
    }
    std::string waiting() const {
        std::string names;
        for (const auto& event : const_cast<Queue*>(this)->queue().page(0, 100))
            names += event.resource + " ";
        return names;
    }
    bool is_kept = false;
};

TEST_CASE("what is kept is there once it is durable, all or none") {
    Queue server;
    server.keep({"a", "b"});
    CHECK(server.waiting().empty());
    CHECK(server.store.oldest<store::ChangePublications>().changes.size() == 2);
    server.finish();
    CHECK(server.is_kept);
    CHECK(server.waiting() == "a b ");

    server.keep({"c"});
    server.finish(store::Outcome::unavailable);
    CHECK_FALSE(server.is_kept);
    CHECK(server.waiting() == "a b ");

    const auto first = server.queue().page(0, 1).at(0).id;
    server.queue().drop({first, 12345}, [](const Status& status) { CHECK(status); });
    CHECK(server.waiting() == "a b ");
    server.finish();
    CHECK(server.waiting() == "b ");
    CHECK(server.queue().page(first, 10).size() == 1);
}

TEST_CASE("with too many the oldest give way, in the same commit") {
    Queue server("[hooks]\nqueue = 10\n");
    for (const char* name : {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}) {
        server.keep({name});
        server.finish();
    }
    server.keep({"11", "12"});
    CHECK(server.store.oldest<store::ChangePublications>().changes.size() == 4);
    server.finish();
    CHECK(server.waiting() == "3 4 5 6 7 8 9 10 11 12 ");
}

TEST_CASE("with too many bytes the oldest give way, and what went makes room") {
    Queue server("[hooks]\nmemory = 65536\n");
    const std::string long_name(10000, 'x');
    for (const char* name : {"1", "2", "3", "4"}) {
        server.keep({name + long_name});
        server.finish();
    }
    CHECK(server.queue().held() == 3);
    CHECK(server.waiting().substr(0, 2) == "2x");
    const auto first = server.queue().page(0, 1).at(0).id;
    server.queue().drop({first}, [](const Status&) {});
    server.finish();
    server.keep({"5"});
    server.finish();
    CHECK(server.queue().held() == 3);
}

TEST_CASE("a busy store is told at once; rows come back to the queue alone") {
    Queue server;
    server.store.is_full = true;
    server.keep({"a"});
    CHECK_FALSE(server.is_kept);
    CHECK(server.store.held.empty());
    server.store.is_full = false;

    server.keep({"a"});
    const auto change = server.store.oldest<store::ChangePublications>();
    auto row = std::get<store::PutPublication>(change.changes.at(0)).row;
    CHECK(row.aor == kHookAddress);
    Queue restarted;
    CHECK(restarted.shard.agents().recover(row, {}));
    CHECK(restarted.waiting() == "a ");
    CHECK(restarted.queue().page(0, 1).at(0).id == store::counter_of(row.id));
    for (std::uint32_t cell = 0; cell < kCells; ++cell)
        restarted.queue().forget(static_cast<Cell>(cell));
    CHECK(restarted.queue().held() == 0);
}

}  // namespace
}  // namespace herald::server::hook_queue_test
