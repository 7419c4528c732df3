// tests/unit/server/feed/journal_test.cpp: what happens to phones, in the log: "why does phone 217
// not register?" has an answer.
#include "server/feed/journal.h"

#include <doctest/doctest.h>

#include "server/shard/recovered_rows.h"
#include "tests/support/captured_log.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::journal_test {
namespace {

using std::chrono::seconds;
using test::CapturedLog;
using testing::request;
using testing::SlowShard;

struct Told : SlowShard {
    Told() {
        shard.rows().resume({});
        settle();
    }
    void take(const std::string& text) {
        receive(text);
        while (!store.held.empty()) finish();
    }
    std::uint64_t refusals(const std::string& method, const std::string& status) {
        for (const auto& sample : metrics.collect()) {
            if (sample.name == "herald_sip_refusals_total" &&
                sample.labels == base::Labels{{"method", method}, {"status", status}})
                return static_cast<std::uint64_t>(sample.value);
        }
        return 0;
    }
    double subscriptions_in(const std::string& state) {
        for (const auto& sample : metrics.collect()) {
            if (sample.name == "herald_subscriptions" &&
                sample.labels == base::Labels{{"package", "presence"}, {"state", state}})
                return sample.value;
        }
        return -1;
    }
};

std::string registration(unsigned cseq, const std::string& expires) {
    return request(
        "REGISTER", "sip:localhost", cseq, "<sip:bob@localhost>",
        "Contact: <sip:bob@192.0.2.10>\nUser-Agent: Phone/1\nExpires: " + expires + "\n");
}

std::string subscription(unsigned cseq, const std::string& event) {
    return request("SUBSCRIBE", "sip:alice@localhost", cseq, "<sip:alice@localhost>",
                   "Event: " + event + "\nContact: <sip:bob@192.0.2.10>\n");
}

}  // namespace

TEST_CASE("a phone that registers, and goes, leaves a line each, a refresh none") {
    Told server;
    CapturedLog log;

    server.take(registration(1, "600"));
    server.take(registration(2, "600"));
    server.take(registration(3, "0"));

    const auto added = log.of("registration.added");
    REQUIRE(added.size() == 1);
    CHECK(
        added[0].starts_with("registration.added aor=sip:bob@localhost "
                             "contact=sip:bob@192.0.2.10 why=registered user_agent=Phone/1 "));
    CHECK(added[0].find(" call_id=c1 ") != std::string::npos);
    const auto gone = log.of("registration.gone");
    REQUIRE(gone.size() == 1);
    CHECK(gone[0].find(" why=unregistered ") != std::string::npos);
}

TEST_CASE("a request that is refused leaves a line, and is counted by method and status") {
    Told server;
    CapturedLog log;

    server.take(subscription(1, "unheard-of"));

    const auto lines = log.of("request.refused");
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].starts_with("request.refused method=SUBSCRIBE status=489 "));
    CHECK(lines[0].find(" from=sip:bob@localhost to=sip:alice@localhost peer=192.0.2.10:5060 "
                        "call_id=c1 untold=0") != std::string::npos);
    CHECK(server.refusals("SUBSCRIBE", "489") == 1);
}

TEST_CASE("a challenge is counted, and is no line of the log: each login begins with one") {
    Config config = parse_config("[sip]\nauth = \"digest\"\n").config;
    SlowShard server(config);
    CapturedLog log;

    server.receive(registration(1, "600"));

    CHECK(server.sent() == std::vector<std::string>{"SIP/2.0 401 Unauthorized"});
    CHECK(log.of("request.refused").empty());
}

TEST_CASE("who floods is not written down without end, and how much is missing is told") {
    Told server;
    CapturedLog log;

    for (unsigned i = 1; i <= 100; ++i) server.take(subscription(i, "unheard-of"));
    const auto first = log.of("request.refused").size();
    server.pass(seconds(60));
    server.take(subscription(101, "unheard-of"));

    const auto lines = log.of("request.refused");
    CHECK(first <= 21);
    REQUIRE(lines.size() == first + 1);
    CHECK(lines.back().ends_with(" untold=" + std::to_string(100 - first)));
    CHECK(server.refusals("SUBSCRIBE", "489") == 101);
}

TEST_CASE(
    "a watcher that does not answer leaves a line, and is counted as suspect, not as active") {
    Told server;
    CapturedLog log;
    server.take(subscription(1, "presence"));
    CHECK(server.subscriptions_in("active") == 1);

    for (int i = 0; i < 40; ++i) server.pass(seconds(1));

    const auto lines = log.of("subscription.suspect");
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find(" resource=sip:alice@localhost package=presence "
                        "watcher=sip:bob@localhost ") != std::string::npos);
    CHECK(server.subscriptions_in("active") == 0);
    CHECK(server.subscriptions_in("suspect") == 1);
}

}  // namespace herald::server::journal_test
