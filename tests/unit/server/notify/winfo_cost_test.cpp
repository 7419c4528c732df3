// tests/unit/server/notify/winfo_cost_test.cpp: what it costs the store that an owner follows who
// watches him.
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/server/slow_shard.h"

namespace herald::server::winfo_cost_test {
namespace {

using testing::answer_to;
using testing::header;
using testing::SlowShard;

constexpr unsigned kWatchers = 20;

struct Counting : SlowShard {
    std::size_t commits = 0;

    Counting() { store.holds_withdrawals = true; }

    void finish_all() {
        while (!store.held.empty() || !store.withdrawn.empty()) {
            ++commits;
            if (!store.held.empty()) {
                finish();
                continue;
            }
            auto done = std::move(store.withdrawn.front());
            store.withdrawn.pop_front();
            done(store::Outcome::committed);
            settle();
        }
    }
    /// Everything is answered, and time passes until nothing is owed any more.
    void rest() {
        for (int i = 0; i < 8; ++i) {
            finish_all();
            for (const auto& sent : transport.take()) {
                if (sent.bytes.starts_with("NOTIFY")) receive(answer_to(sent.bytes, "200 OK"));
                if (sent.bytes.starts_with("SIP/2.0 200")) last_answer = sent.bytes;
            }
            pass(std::chrono::seconds(1));
        }
    }
    std::size_t all() const { return commits + store.confirmations; }

    std::string last_answer;
};

std::string subscribe(const std::string& event, const std::string& who, unsigned cseq,
                      const std::string& tag = {}, unsigned expires = 3600) {
    auto text = testing::request("SUBSCRIBE", "sip:alice@localhost", cseq,
                                 "<sip:alice@localhost>" + (tag.empty() ? "" : ";tag=" + tag),
                                 "Contact: <sip:x@192.0.2.10>\nEvent: " + event +
                                     "\nExpires: " + std::to_string(expires) + "\n",
                                 who + event);
    return text.replace(text.find("sip:bob@localhost"), 17, "sip:" + who + "@localhost");
}

/// Commits for watchers that come, refresh and go.
std::size_t commits_with(const std::string& event) {
    Counting server;
    if (!event.empty()) server.receive(subscribe(event, "alice", 1));
    server.rest();
    const auto before = server.all();
    for (unsigned i = 0; i < kWatchers; ++i) {
        const auto who = "w" + std::to_string(i);
        server.receive(subscribe("presence", who, 1));
        server.rest();
        const auto to = header(server.last_answer, "To");
        const auto tag = to.substr(to.find(";tag=") + 5);
        server.receive(subscribe("presence", who, 2, tag));
        server.rest();
        server.receive(subscribe("presence", who, 3, tag, 0));
        server.rest();
    }
    return server.all() - before;
}

}  // namespace

TEST_CASE("watcher information adds at most one commit to each change of a watcher") {
    const auto without = commits_with({});
    const auto with = commits_with("presence.winfo");
    // Each comes, refreshes and goes.
    CHECK(without >= 3 * kWatchers);
    CHECK(with >= without);
    CHECK(with <= without + 2 * kWatchers);
}

}  // namespace herald::server::winfo_cost_test
