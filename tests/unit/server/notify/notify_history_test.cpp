// tests/unit/server/notify/notify_history_test.cpp: what is remembered of NOTIFYs, and when the
// next one goes out.
#include "server/notify/notify_history.h"

#include <doctest/doctest.h>

#include "server/notify/notify_sender.h"
#include "server/publish/state_orders.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::notify_history_test {
namespace {

using testing::answer_to;
using testing::SlowShard;

/// One watcher, whose NOTIFYs are answered as a test wants it.
struct Watched : SlowShard {
    std::string notify;  ///< the last one sent

    explicit Watched(const std::string& event = "presence", const std::string& owner = "alice") {
        auto text = testing::request("SUBSCRIBE", "sip:" + owner + "@localhost", 1,
                                     "<sip:" + owner + "@localhost>",
                                     "Contact: <sip:bob@192.0.2.10>\nEvent: " + event + "\n");
        receive(text);
        finish();
        look();
    }
    void look() {
        settle();
        for (auto& sent : transport.take()) {
            if (sent.bytes.starts_with("NOTIFY")) notify = std::move(sent.bytes);
        }
    }
    void answer(const std::string& status) {
        receive(answer_to(notify, status));
        look();
    }
    void change(const std::string& event, const std::string& aor, const std::string& type,
                const std::string& body) {
        shard.orders().change_hard_state(
            {packages::find(event), aor, packages::Document{type, body}, {}}, [](const auto&) {});
        finish();
        look();
    }
    void publish(const std::string& note) {
        change("presence", "sip:alice@localhost", "application/pidf+xml",
               "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:alice@localhost\">"
               "<tuple id=\"a\"><status><basic>open</basic></status><note>" +
                   note + "</note></tuple></presence>");
    }
    SubscriptionTable::Id id() {
        SubscriptionTable::Id found{};
        auto& table = shard.context().subscriptions;
        table.for_each([&](std::uint32_t slot, const Subscription&) { found = table.id_of(slot); });
        return found;
    }
    std::vector<PastNotify> past(std::size_t most = 10) {
        return shard.sender().history().of(id(), most);
    }
    /// From now.
    std::optional<base::Duration> next_try() {
        const auto next =
            shard.sender().retries().when(id(), *shard.context().subscriptions.find(id()));
        if (!next) return std::nullopt;
        return *next - loop.now();
    }
};

PastNotify past_notify(std::uint64_t subscription, std::uint32_t cseq, std::uint16_t answer) {
    return {subscription, {}, 0, cseq, answer, SubscriptionState::active};
}

}  // namespace

TEST_CASE("of each NOTIFY it is known when it left, what was answered, and after how long") {
    Watched server;
    server.pass(std::chrono::milliseconds(7));
    server.answer("200 OK");
    server.publish("one");
    server.answer("500 Busy");

    const auto past = server.past();
    REQUIRE(past.size() == 2);
    CHECK(past[0].answer == 500);
    CHECK(past[0].cseq == past[1].cseq + 1);
    CHECK(past[1].answer == 200);
    CHECK(past[1].took == 7);
    CHECK(past[1].state == SubscriptionState::active);
    CHECK(server.past(1).size() == 1);
    CHECK_FALSE(server.next_try());
}

TEST_CASE("RFC 5057: who asked to be told later is told then, and until then it is known when") {
    Watched server;
    server.answer("503 Busy\nRetry-After: 20");

    CHECK(server.next_try() == std::chrono::seconds(20));
    server.pass(std::chrono::seconds(5));
    CHECK(server.next_try() == std::chrono::seconds(15));
    server.pass(std::chrono::seconds(15));
    server.look();
    CHECK_FALSE(server.next_try());
    server.answer("200 OK");
    CHECK(server.past().front().answer == 200);
}

TEST_CASE("who did not answer is tried again half a minute later") {
    Watched server;
    for (int second = 0; second < 33; ++second) server.pass(std::chrono::seconds(1));

    const auto past = server.past();
    REQUIRE(past.size() == 1);
    CHECK(past[0].answer == 408);
    CHECK(past[0].took >= 32'000);
    REQUIRE(server.next_try());
    CHECK(*server.next_try() > std::chrono::seconds(28));
    CHECK(*server.next_try() <= std::chrono::seconds(30));
}

TEST_CASE("RFC 3842 3.12: a pause between two NOTIFYs ends when the package says") {
    Watched server("message-summary", "bob");
    server.answer("200 OK");
    server.pass(std::chrono::milliseconds(400));
    CHECK_FALSE(server.next_try());
    // The lamp is lit: told at once. What follows only counts.
    server.change("message-summary", "sip:bob@localhost", "application/simple-message-summary",
                  "Messages-Waiting: yes\r\nVoice-Message: 1/0\r\n");
    server.answer("200 OK");
    server.change("message-summary", "sip:bob@localhost", "application/simple-message-summary",
                  "Messages-Waiting: yes\r\nVoice-Message: 2/0\r\n");

    REQUIRE(server.next_try());
    CHECK(*server.next_try() > base::Duration::zero());
    CHECK(*server.next_try() <= std::chrono::seconds(1));
}

TEST_CASE("what is remembered is bounded, and what failed is not pushed out by what did not") {
    NotifyHistory history;
    const SubscriptionTable::Id one{1, 1}, other{2, 1};
    history.add(past_notify(pack(one), 1, 408));
    for (std::uint32_t cseq = 2; cseq < 3 * NotifyHistory::kMost; ++cseq)
        history.add(past_notify(pack(cseq % 2 == 0 ? one : other), cseq, 200));

    const auto past = history.of(one, 100'000);
    CHECK(past.size() == NotifyHistory::kMost / 2 + 1);
    CHECK(past.front().cseq == 3 * NotifyHistory::kMost - 2);
    CHECK(past.back().answer == 408);
    for (std::uint32_t cseq = 0; cseq < 2 * NotifyHistory::kMostFailed; ++cseq)
        history.add(past_notify(pack(other), cseq, 481));
    CHECK(history.of(one, 100'000).back().answer == 200);
}

}  // namespace herald::server::notify_history_test
