// tests/unit/server/provisioning/known_devices_test.cpp: what is remembered of devices.
#include "server/provisioning/known_devices.h"

#include <chrono>
#include <string>

#include "server/shard/agents.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server {
namespace {

using testing::SlowShard;

constexpr const char* kMac = "000413231b1c";

struct Shard1 : SlowShard {
    explicit Shard1(std::string_view toml = "") : SlowShard(parse_config(toml).config) {}
    KnownDevices& known() { return shard.agents().get<KnownDevices>(); }
    void enrol(unsigned cseq, const std::string& user = "bob") {
        receive(testing::request("REGISTER", "sip:localhost", cseq, "<sip:" + user + "@localhost>",
                                 "User-Agent: snomD785/10.1.64.14\nContact: <sip:" + user +
                                     "@192.0.2.10:5060>;+sip.instance=\"<urn:uuid:01234567-89ab-"
                                     "1def-8123-000413231B1C>\"\n",
                                 user));
        finish();
        sent();
    }
};

TEST_CASE("what is kept of a device is read as it was written") {
    KnownDevice device;
    device.key = kMac;
    device.mac = kMac;
    device.user_agent = "a\tb%";
    device.aors = {"sip:a@b", "sip:c@d"};
    device.seen = base::WallTime(std::chrono::seconds(5));
    device.challenges = true;
    device.refusals = {{"check-sync", 489}, {"report", 405}};
    device.offered = "device/common 1";
    device.fetched = "device/common 2";
    device.offered_at = base::WallTime(std::chrono::seconds(6));
    device.fetched_at = base::WallTime(std::chrono::seconds(7));
    device.fetches = 9;

    const auto read = known_device_from_text(to_text(device));

    REQUIRE(read.has_value());
    CHECK(to_text(*read) == to_text(device));
    CHECK(read->refusals == device.refusals);
    CHECK(read->aors == device.aors);
    CHECK_FALSE(known_device_from_text("").has_value());
    CHECK_FALSE(known_device_from_text(to_text(device).substr(0, 40)).has_value());
    auto lying = to_text(KnownDevice{.key = "x"});
    lying.replace(lying.size() - 4, 4, "99999999\t0\t");
    CHECK(known_device_from_text(lying).has_value());  // and ends
}

TEST_CASE("a device that registers with a MAC address is remembered, written once for many") {
    Shard1 server;
    server.enrol(1);
    server.enrol(1, "carol");

    const auto* device = server.known().find(kMac);
    REQUIRE(device != nullptr);
    CHECK(device->aors == std::vector<std::string>{"sip:bob@localhost", "sip:carol@localhost"});
    CHECK(device->user_agent == "snomD785/10.1.64.14");
    CHECK(server.store.held.empty());
    server.pass(std::chrono::seconds(3));
    CHECK(server.store.oldest<store::ChangePublications>().changes.size() == 1);
    server.finish();

    server.enrol(2);
    server.pass(std::chrono::seconds(3));
    CHECK(server.store.held.empty());  // nothing new
}

TEST_CASE("what a device does with orders is learned, and forgotten when it does otherwise") {
    Shard1 server;
    server.known().note_answer("x", {.event = "check-sync", .status = 200});
    CHECK(server.known().find("x") == nullptr);

    server.known().note_answer("x", {.event = "check-sync", .status = 489, .is_refusal = true});
    server.known().note_answer("x", {.event = "report", .status = 200, .was_challenged = true});
    const auto* device = server.known().find("x");
    REQUIRE(device != nullptr);
    CHECK(device->challenges);
    CHECK(device->refusals ==
          std::vector<std::pair<std::string, std::uint16_t>>{{"check-sync", 489}});

    server.known().note_answer("x", {.event = "check-sync", .status = 200});
    CHECK(device->refusals.empty());
    CHECK_FALSE(device->challenges);
}

TEST_CASE("what could not be written is written later") {
    Shard1 server;
    server.enrol(1);
    server.pass(std::chrono::seconds(3));
    server.finish(store::Outcome::unavailable);
    server.pass(std::chrono::seconds(3));
    REQUIRE(server.store.held.size() == 1);
    const auto& change = server.store.oldest<store::ChangePublications>().changes.at(0);
    const auto row = std::get<store::PutPublication>(change).row;
    CHECK(server.known().takes(row));

    Shard1 again;
    again.known().recover(row, {});
    REQUIRE(again.known().find(kMac) != nullptr);
    CHECK(again.known().find(kMac)->aors == std::vector<std::string>{"sip:bob@localhost"});
}

TEST_CASE("no more devices are remembered than the configuration says") {
    Shard1 server("[provisioning]\nmax_known = 2");
    DeviceAnswer challenged;
    challenged.was_challenged = true;
    for (const auto* key : {"a", "b", "c"}) server.known().note_answer(key, challenged);
    CHECK(server.known().held() == 2);
    CHECK(server.known().find("c") == nullptr);
    server.known().note_fetch("a", "v1");
    server.known().note_fetch("a", "v2");
    CHECK(server.known().find("a")->fetched == "v2");
    CHECK(server.known().find("a")->fetches == 2);
}

TEST_CASE("whoever fetches in the name of a device makes it known to nobody") {
    Shard1 server;
    server.known().note_fetch("000413000001", "v1");
    CHECK(server.known().held() == 0);
    server.pass(std::chrono::seconds(3));
    CHECK(server.store.held.empty());
}

TEST_CASE("what is remembered leaves with its cell, the timer included") {
    Shard1 server;
    const auto timers = server.loop.timers().size();
    server.known().await_fetch("a", {1, 0});
    server.known().note_fetch("a", "v1");
    server.known().await_fetch("a", {1, 0});
    REQUIRE(server.known().held() == 2);
    server.known().forget(server.shard.context().cell_of(address_of_device("a")));
    CHECK(server.known().held() == 0);
    CHECK(server.loop.timers().size() == timers);
}

}  // namespace
}  // namespace herald::server
