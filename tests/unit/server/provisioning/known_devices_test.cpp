// tests/unit/server/provisioning/known_devices_test.cpp: what is remembered of devices.
#include "server/provisioning/known_devices.h"

#include <chrono>
#include <string>

#include "server/provisioning/profile_keeper.h"
#include "server/shard/agents.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::known_devices_test {
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
    double unsaved() const {
        for (const auto& sample : metrics.collect()) {
            if (sample.name == "herald_provisioning_unsaved_devices") return sample.value;
        }
        return -1;
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
    device.enrolled_as = {"snom", "D785", "10\t1"};
    device.enrolled_at = base::WallTime(std::chrono::seconds(8));
    device.takes = {"application/url", "text/xml"};

    const auto read = known_device_from_text(to_text(device));

    REQUIRE(read.has_value());
    CHECK(to_text(*read) == to_text(device));
    CHECK(read->refusals == device.refusals);
    CHECK(read->aors == device.aors);
    CHECK(read->takes == device.takes);
    CHECK(read->enrolled_as.version == "10\t1");
    CHECK_FALSE(known_device_from_text("").has_value());
    CHECK_FALSE(known_device_from_text(to_text(device).substr(0, 40)).has_value());
    auto lying = to_text(KnownDevice{.key = "x"});
    lying.replace(lying.size() - 2, 2, "99999999\t");
    CHECK(known_device_from_text(lying).has_value());  // and ends
}

TEST_CASE("a device that an earlier release kept has not enrolled") {
    auto text = to_text(KnownDevice{.key = "x", .aors = {"sip:a@b"}});
    constexpr std::string_view kOfThisRelease = "\t\t\t0\t0\t";
    REQUIRE(text.ends_with(kOfThisRelease));
    text.resize(text.size() - kOfThisRelease.size());

    const auto read = known_device_from_text(text);

    REQUIRE(read.has_value());
    CHECK(read->aors == std::vector<std::string>{"sip:a@b"});
    CHECK(read->enrolled_at == base::WallTime{});
    CHECK(read->takes.empty());
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

DeviceEnrolment enrolment(bool is_vouched = true) {
    return {.mac = kMac,
            .aor = is_vouched ? "sip:bob@localhost" : "",
            .model = {"snom", "snomD785", "10.1"},
            .user_agent = "snom/1",
            .takes = {"application/url"},
            .offered = "device/common 1f",
            .is_vouched = is_vouched};
}

TEST_CASE("a device that enrols is remembered as what it says it is, with what it was offered") {
    Shard1 server;
    server.known().note_enrolment(kMac, enrolment());

    const auto* device = server.known().find(kMac);
    REQUIRE(device != nullptr);
    CHECK(device->mac == kMac);
    CHECK(device->aors == std::vector<std::string>{"sip:bob@localhost"});
    CHECK(model_of(*device).model == "snomD785");
    CHECK(device->takes == std::vector<std::string>{"application/url"});
    CHECK(device->offered == "device/common 1f");
    CHECK(device->fetched.empty());
    CHECK(device->enrolled_at != base::WallTime{});

    auto whole = enrolment();
    whole.is_whole = true;
    server.known().note_enrolment(kMac, whole);
    CHECK(device->fetched == "device/common 1f");

    server.enrol(1);
    CHECK(device->user_agent == "snomD785/10.1.64.14");
    CHECK(model_of(*device).version == "10.1.64.14");
}

TEST_CASE("who enrols without a password in the name of a device teaches nothing of it") {
    Shard1 server;
    server.known().note_enrolment(kMac, enrolment(false));
    CHECK(server.known().held() == 0);

    server.enrol(1);
    auto other = enrolment(false);
    other.model.vendor = "Yealink";
    server.known().note_enrolment(kMac, other);
    const auto* device = server.known().find(kMac);
    REQUIRE(device != nullptr);
    CHECK(model_of(*device).vendor == "snom");
    CHECK(device->takes.empty());
    CHECK(device->offered == "device/common 1f");
}

TEST_CASE("RFC 6080: a device is known once it took the NOTIFY with its profile") {
    Shard1 server;
    packages::DeviceProfile profile;
    profile.name = "any";
    profile.body = {{}, "text/plain", "mac={{device.mac}}", true, nullptr};
    server.shard.agents().get<ProfileKeeper>().put(profile, {}, [](const auto&) {});
    server.finish();
    server.receive(testing::request(
        "SUBSCRIBE", "sip:MAC%3a000413231B1C@localhost", 1, "<sip:MAC%3a000413231B1C@localhost>",
        "Event: ua-profile;profile-type=device;vendor=\"snom\";model=\"D785\";version=\"10\"\n"
        "Accept: text/plain\nContact: <sip:bob@192.0.2.10:5060>\n"));
    server.finish();
    REQUIRE(server.sent().size() == 2);
    CHECK(server.known().find(kMac) == nullptr);

    server.receive(testing::answer_to(server.message(1), "200 OK"));

    const auto* device = server.known().find(kMac);
    REQUIRE(device != nullptr);
    CHECK(model_of(*device).model == "D785");
    CHECK(device->aors == std::vector<std::string>{"sip:bob@localhost"});
    CHECK(device->offered.starts_with("device/any "));
    CHECK(device->fetched == device->offered);
}

TEST_CASE("what is not in the store yet is counted until it is") {
    Shard1 server;
    CHECK(server.unsaved() == 0);
    server.enrol(1);
    CHECK(server.unsaved() == 1);
    server.pass(std::chrono::seconds(3));
    CHECK(server.unsaved() == 1);
    server.finish(store::Outcome::unavailable);
    CHECK(server.unsaved() == 1);
    server.pass(std::chrono::seconds(3));
    server.finish();
    CHECK(server.unsaved() == 0);
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
}  // namespace herald::server::known_devices_test
