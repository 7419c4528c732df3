// tests/unit/server/notify/confirmations_test.cpp: when it is written down that all watchers know.
#include "server/notify/confirmations.h"

#include <doctest/doctest.h>

#include "tests/unit/server/slow_shard.h"

namespace herald::server::confirmations_test {
namespace {

using std::chrono::milliseconds;
using testing::answer_to;
using testing::header;
using testing::SlowShard;

struct Watched : SlowShard {
    /// Bob's SUBSCRIBE to `aor`, in a dialog named after it; the NOTIFY is answered. Returns the To
    /// of the dialog.
    std::string subscribe(const std::string& aor, unsigned cseq, const std::string& to) {
        receive(testing::request("SUBSCRIBE", aor, cseq, to,
                                 "Contact: <sip:bob@192.0.2.10:5060>\nEvent: presence\n", aor));
        finish();
        REQUIRE(sent().size() == 2);
        const auto same = header(message(0), "To");
        receive(answer_to(message(1), "200 OK"));
        return same;
    }
};

}  // namespace

TEST_CASE("what changes all the time is noted once it was left alone for a while") {
    Watched server;
    const std::string alice = "sip:alice@localhost";
    const auto to = server.subscribe(alice, 1, "<" + alice + ">");
    for (unsigned cseq = 2; cseq < 12; ++cseq) {
        server.pass(milliseconds(1500));
        CHECK(server.store.confirmations == 0);
        server.subscribe(alice, cseq, to);
    }
    server.pass(milliseconds(1999));
    CHECK(server.store.confirmations == 0);
    server.pass(milliseconds(2));
    server.pass(milliseconds(2000));
    CHECK(server.store.confirmations == 1);
    server.pass(std::chrono::minutes(1));
    CHECK(server.store.confirmations == 1);
}

TEST_CASE("much that is to be noted is spread, so that requests find room between") {
    constexpr std::size_t kResources = 130;
    Watched server;
    for (std::size_t n = 0; n < kResources; ++n) {
        const auto aor = "sip:a" + std::to_string(n) + "@localhost";
        server.subscribe(aor, 1, "<" + aor + ">");
    }
    server.pass(milliseconds(2000));
    CHECK(server.store.confirmations == 50);
    server.pass(milliseconds(4));
    CHECK(server.store.confirmations == 50);
    server.pass(milliseconds(1));
    CHECK(server.store.confirmations == 100);
    server.pass(milliseconds(5));
    CHECK(server.store.confirmations == kResources);
}

TEST_CASE("while the store is busy nothing is noted") {
    Watched server;
    const std::string alice = "sip:alice@localhost";
    server.subscribe(alice, 1, "<" + alice + ">");
    for (int n = 0; n < 17; ++n) {
        const auto aor = "sip:b" + std::to_string(n) + "@localhost";
        server.receive(testing::request("SUBSCRIBE", aor, 1, "<" + aor + ">",
                                        "Contact: <sip:bob@192.0.2.10:5060>\nEvent: presence\n",
                                        "d" + std::to_string(n)));
    }
    REQUIRE(server.store.held.size() == 17);
    server.pass(milliseconds(2500));
    CHECK(server.store.confirmations == 0);
    server.finish();
    server.pass(milliseconds(5));
    CHECK(server.store.confirmations == 1);
}

}  // namespace herald::server::confirmations_test
