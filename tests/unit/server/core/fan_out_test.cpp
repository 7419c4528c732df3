// tests/unit/server/core/fan_out_test.cpp: who hears of a change.
#include "server/core/fan_out.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/unit/server/slow_shard.h"

namespace herald::server::fan_out_test {

namespace {

struct Fixture {
    base::ManualClock clock;
    base::Metrics metrics;
    base::Loop loop{clock};
    ResourceTable resources{metrics};
    FanOut fan_out{loop, resources};
    std::uint32_t slot = resources.obtain(*packages::find("presence"), "sip:alice@example.com");
};

}  // namespace

TEST_CASE("each listener hears of every change, and finds the new version") {
    Fixture f;
    std::string heard;
    f.fan_out.on_changed([&](std::uint32_t slot) {
        CHECK(slot == f.slot);
        heard += "a" + std::to_string(f.resources[slot].version);
    });
    f.fan_out.on_changed(
        [&](std::uint32_t slot) { heard += "b" + std::to_string(f.resources[slot].version); });

    f.fan_out.changed(f.slot);
    f.fan_out.changed(f.slot);

    CHECK(heard == "a2b2a3b3");
}

TEST_CASE("a change is measured from the request that wanted it, the oldest of those untold") {
    Fixture f;
    const auto asked_at = f.loop.now();
    f.clock.advance(std::chrono::seconds(1));

    f.fan_out.changed(f.slot, asked_at);
    f.fan_out.changed(f.slot);

    CHECK(f.resources[f.slot].untold_since == asked_at);
}

TEST_CASE("a second listener does not take the shard's watchers their NOTIFYs") {
    testing::SlowShard f;
    int heard = 0;
    f.shard.context().fan_out.on_changed([&](std::uint32_t) { ++heard; });
    f.receive(testing::request("SUBSCRIBE", "sip:alice@localhost", 1, "<sip:alice@localhost>",
                               "Event: presence\nContact: <sip:bob@192.0.2.10>\n"));
    f.finish();
    REQUIRE(f.sent().size() == 2);
    f.receive(testing::answer_to(f.message(1), "200 OK"));

    f.receive(testing::request(
        "PUBLISH", "sip:alice@localhost", 1, "<sip:alice@localhost>",
        "Event: presence\nContent-Type: application/pidf+xml\n\n"
        "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:alice@localhost'><tuple id='t'>"
        "<status><basic>open</basic></status></tuple></presence>",
        "c2"));
    f.finish();

    const auto sent = f.sent();
    REQUIRE(sent.size() == 2);
    CHECK(sent[0] == "SIP/2.0 200 OK");
    CHECK(sent[1].starts_with("NOTIFY "));
    CHECK(heard == 1);
}

}  // namespace herald::server::fan_out_test
