// tests/unit/server/shard/cell_devices_test.cpp: devices that are told something while cells are
// given away and taken back.
#include <set>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "server/provisioning/device_selection.h"
#include "server/provisioning/jobs.h"
#include "server/shard/agents.h"
#include "tests/unit/server/stored_shard.h"

namespace herald::server::cell_devices_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::header;
using testing::request;
using testing::StoredShard;

const std::string kBob = "sip:bob@localhost";

/// A job that tells bob's phone something, of another cell than bob's.
struct JobAbout : StoredShard {
    std::uint64_t id = 0;

    JobAbout() {
        REQUIRE(register_phone(1).starts_with("SIP/2.0 200"));
        do {
            id = shard.context().next_number();
        } while (cell_of(address_of_job(id)) == cell_of(kBob));
        JobOrder order;
        order.id = id;
        order.action = "custom";
        order.custom.event = "check-sync";
        order.devices = devices_of(shard.context(), {});
        REQUIRE(order.devices.size() == 1);
        shard.agents().get<Jobs>().start(std::move(order),
                                         [](const Status& status) { REQUIRE(status); });
        settle();
        pass(milliseconds(10));
    }
    std::string register_phone(unsigned cseq) {
        return answered(request("REGISTER", "sip:localhost", cseq, "<" + kBob + ">",
                                "Contact: <sip:bob@192.0.2.10>\n", "r"));
    }
    DeviceState state() {
        const auto* job = shard.agents().get<Jobs>().find(address_of_job(id));
        REQUIRE(job != nullptr);
        return job->devices.front().state;
    }
    static bool is_order(const std::string& message) {
        return message.starts_with("NOTIFY sip:bob@") &&
               message.find("Event: check-sync") != std::string::npos;
    }
    /// What the phone was ordered since the last call, and does not answer.
    std::set<std::string> told() {
        std::set<std::string> all;
        for (const auto& message : transport.take()) {
            if (is_order(message.bytes)) all.insert(header(message.bytes, "Call-ID"));
        }
        return all;
    }
    void wait(int time) {
        for (int second = 0; second < time; ++second) pass(seconds(1));
    }
};

}  // namespace

TEST_CASE("a job waits for a device whose cell was given away meanwhile") {
    JobAbout server;
    CHECK(server.told().size() == 1);
    server.wait(80);
    REQUIRE(server.state() == DeviceState::unreachable);
    server.transport.take();

    server.give(server.cell_of(kBob));
    server.wait(2);
    CHECK(server.told().empty());
    server.receive(request("REGISTER", "sip:localhost", 2, "<" + kBob + ">",
                           "Contact: <sip:bob@192.0.2.10>\n", "r"));
    server.wait(1);

    CHECK(server.told().size() == 1);
}

TEST_CASE("a job whose device does not answer while its cell is given tries it again") {
    JobAbout server;
    CHECK(server.told().size() == 1);
    REQUIRE(server.state() == DeviceState::sent);

    server.give(server.cell_of(kBob));
    server.wait(1);
    CHECK(server.state() == DeviceState::unreachable);
    server.transport.take();
    server.receive(request("REGISTER", "sip:localhost", 2, "<" + kBob + ">",
                           "Contact: <sip:bob@192.0.2.10>\n", "r"));
    server.wait(1);

    CHECK(server.told().size() == 1);
}

TEST_CASE("a device is told once by a job whose own cell is given") {
    JobAbout server;
    std::size_t told = 0;
    for (const auto& each : server.sent()) told += JobAbout::is_order(each);
    CHECK(told == 1);

    server.give(server.cell_of(address_of_job(server.id)));
    server.wait(5);

    for (const auto& each : server.sent()) CHECK_FALSE(JobAbout::is_order(each));
    CHECK(server.state() == DeviceState::delivered);
}

TEST_CASE("a phone that did not subscribe is told of a mailbox once, whatever cells are given") {
    StoredShard server;
    server.answered(request("REGISTER", "sip:localhost", 1, "<" + kBob + ">",
                            "Contact: <sip:bob@192.0.2.10>\n", "r"));
    server.pass(seconds(2));
    server.sent();
    const std::string body = "Messages-Waiting: yes\nVoice-Message: 1/0\n";
    server.receive(request("PUBLISH", kBob, 1, "<" + kBob + ">",
                           "Event: message-summary\nContent-Type: application/"
                           "simple-message-summary\nContent-Length: 43\n\n" +
                               body,
                           "mwi"));
    server.pass(milliseconds(1));
    CHECK(server.notifies().size() == 1);
    // Somebody else watches it, and does not answer: he is told again by each loading.
    server.receive(request("SUBSCRIBE", kBob, 1, "<" + kBob + ">",
                           "Event: message-summary\nContact: <sip:w@192.0.2.10>\n", "w"));
    server.transport.take();

    for (int round = 0; round < 3; ++round) {
        server.give(server.cell_of(kBob));
        server.pass(seconds(2));
        std::size_t told = 0;
        for (const auto& message : server.transport.take()) {
            CHECK_FALSE(message.bytes.starts_with("NOTIFY sip:bob@"));
            told += message.bytes.starts_with("NOTIFY sip:w@");
        }
        CHECK(told > 0);
    }
}

}  // namespace herald::server::cell_devices_test
