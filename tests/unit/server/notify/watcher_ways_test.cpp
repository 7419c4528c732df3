// tests/unit/server/notify/watcher_ways_test.cpp: what goes to addresses that watchers named,
// before anybody answered there.
#include "server/notify/watcher_ways.h"

#include <doctest/doctest.h>

#include "server/publish/state_orders.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::watcher_ways_test {
namespace {

using testing::answer_to;
using testing::header;
using testing::SlowShard;

constexpr auto kVictim = "192.0.2.99";

/// A watcher at 192.0.2.10 that says it is at the victim's.
struct Elsewhere : SlowShard {
    std::size_t asked = 0;               ///< bytes of its SUBSCRIBE
    std::vector<std::string> at_victim;  ///< what came there
    std::vector<std::string> at_watcher;

    /// Its SUBSCRIBE is `more` bytes longer than it must be.
    explicit Elsewhere(std::size_t document = 0, std::size_t more = 0) {
        if (document > 0) publish(document);
        const auto text =
            testing::request("SUBSCRIBE", "sip:alice@localhost", 1, "<sip:alice@localhost>",
                             "Contact: <sip:bob@192.0.2.99>\nEvent: presence\n"
                             "Subject: " +
                                 std::string(more, 's') + "\n");
        asked = test::wire(text).size();
        receive(text);
        finish();
        collect();
    }
    void publish(std::size_t size) {
        const auto body =
            "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:alice@localhost\">"
            "<tuple id=\"a\"><status><basic>open</basic></status><note>" +
            std::string(size, 'x') + "</note></tuple></presence>";
        shard.orders().change_hard_state({packages::find("presence"),
                                          "sip:alice@localhost",
                                          packages::Document{"application/pidf+xml", body},
                                          {}},
                                         [](const auto&) {});
        while (!store.held.empty()) finish();
    }
    void collect() {
        for (auto& sent : transport.take()) {
            const bool is_there = sent.flow.peer.host() == kVictim;
            (is_there ? at_victim : at_watcher).push_back(std::move(sent.bytes));
        }
    }
    void pass_seconds(unsigned seconds) {
        for (unsigned i = 0; i < 2 * seconds; ++i) {
            pass(std::chrono::milliseconds(500));
            collect();
        }
    }
    std::size_t bytes_at_victim() const {
        std::size_t sum = 0;
        for (const auto& each : at_victim) sum += each.size();
        return sum;
    }
};

}  // namespace

TEST_CASE("where nobody answers less goes than three times what asked for it, and no rounds") {
    for (const std::size_t document : {0, 600, 60'000}) {
        CAPTURE(document);
        Elsewhere server(document, 600);
        REQUIRE(server.at_victim.size() == 1);

        server.pass_seconds(300);

        CHECK(server.at_victim.size() > 1);
        CHECK(server.bytes_at_victim() < 3 * server.asked);
        // The flow it came by is the other way, and proven: anybody may say who he is here.
        REQUIRE(server.at_watcher.size() > 1);
        CHECK(server.at_watcher.back().starts_with("NOTIFY"));
    }
}

TEST_CASE("a document too large for one datagram follows the first answer") {
    Elsewhere server(60'000);
    REQUIRE(server.at_victim.size() == 1);
    const auto first = server.at_victim.back();
    CHECK(header(first, "Content-Length") == "0");

    server.transport.receive(answer_to(first, "200 OK"), server.transport.udp(kVictim));
    server.settle();
    server.collect();

    REQUIRE(server.at_victim.size() == 2);
    CHECK(server.at_victim.back().size() > 60'000);
}

TEST_CASE("a document that fits goes at once") {
    Elsewhere server(300, 600);

    REQUIRE(server.at_victim.size() == 1);
    CHECK(server.at_victim.back().find("<tuple") != std::string::npos);
}

}  // namespace herald::server::watcher_ways_test
