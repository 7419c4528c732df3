// tests/unit/server/notify/notify_sender_test.cpp: many watchers of one resource, at one address.
#include "server/notify/notify_sender.h"

#include <set>

#include <doctest/doctest.h>

#include "server/publish/state_orders.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::notify_sender_test {
namespace {

using testing::answer_to;
using testing::header;
using testing::SlowShard;

/// More than one turn of the fan-out takes.
constexpr unsigned kWatchers = 700;

struct Crowd : SlowShard {
    std::vector<std::string> notifies;  ///< the last ones sent

    Crowd() {
        for (unsigned i = 0; i < kWatchers; ++i) {
            const auto name = "w" + std::to_string(i);
            auto text = testing::request(
                "SUBSCRIBE", "sip:alice@localhost", 1, "<sip:alice@localhost>",
                "Contact: <sip:" + name + "@192.0.2.10>\nEvent: presence\nExpires: 3600\n", name);
            text.replace(text.find("sip:bob@"), 7, "sip:" + name);
            receive(text);
        }
        finish_all();
        collect();
        REQUIRE(notifies.size() == kWatchers);
    }

    void finish_all() {
        while (!store.held.empty()) finish();
    }
    void collect() {
        notifies.clear();
        for (auto& sent : transport.take()) {
            if (sent.bytes.starts_with("NOTIFY")) notifies.push_back(std::move(sent.bytes));
        }
    }
    void answer_all(const std::string& status) {
        for (const auto& notify : notifies)
            transport.receive(answer_to(notify, status), transport.udp());
        settle();
    }
    /// A new document, and the turn that makes it known.
    void change(unsigned number) {
        const auto& presence = *packages::find("presence");
        const std::string body =
            "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:alice@localhost\">"
            "<tuple id=\"a\"><status><basic>open</basic></status><note>" +
            std::to_string(number) + "</note></tuple></presence>";
        shard.orders().change_hard_state({&presence,
                                          "sip:alice@localhost",
                                          packages::Document{"application/pidf+xml", body},
                                          {}},
                                         [](const auto&) {});
        store.settle();
    }
    std::set<std::string> told() {
        std::set<std::string> calls;
        for (const auto& notify : notifies) calls.insert(header(notify, "Call-ID"));
        return calls;
    }
};

/// One watcher with this Contact, and documents that fit into no datagram.
struct Large : SlowShard {
    sip::Flow flow;  ///< of the last NOTIFY

    explicit Large(const std::string& contact) {
        auto text = testing::request("SUBSCRIBE", "sip:alice@localhost", 1, "<sip:alice@localhost>",
                                     "Contact: <sip:bob@" + contact + ">\nEvent: presence\n");
        // The flow is the way, whatever the Contact says.
        text.insert(text.find(";branch"), ";rport");
        receive(text);
        finish();
        look();
    }
    /// The NOTIFY just sent, answered where it came by UDP.
    void look() {
        auto sent = transport.take();
        REQUIRE_FALSE(sent.empty());
        REQUIRE(sent.back().bytes.starts_with("NOTIFY"));
        flow = sent.back().flow;
        if (flow.protocol == sip::Protocol::udp) receive(answer_to(sent.back().bytes, "200 OK"));
    }
    void change(unsigned number) {
        const auto note = std::to_string(number) + std::string(2'000, 'x');
        const auto body =
            "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:alice@localhost\">"
            "<tuple id=\"a\"><status><basic>open</basic></status><note>" +
            note + "</note></tuple></presence>";
        shard.orders().change_hard_state({packages::find("presence"),
                                          "sip:alice@localhost",
                                          packages::Document{"application/pidf+xml", body},
                                          {}},
                                         [](const auto&) {});
        finish();
        look();
    }
};

}  // namespace

TEST_CASE("everybody is told in the end, however often the state changes meanwhile") {
    Crowd server;
    server.answer_all("200 OK");
    server.notifies.clear();
    for (unsigned turn = 0; turn < 8; ++turn) {
        server.change(turn);
        server.loop.turn(base::Duration::zero());
    }
    server.collect();
    CHECK(server.told().size() == kWatchers);
}

TEST_CASE(
    "the time from a PUBLISH to the last of its watchers' answers is measured, once for each") {
    SlowShard server;
    const auto seconds = [&] {
        std::pair<std::uint64_t, double> told{0, 0};
        for (const auto& sample : server.metrics.collect()) {
            if (sample.name == "herald_told_seconds") told = {sample.count, sample.sum};
        }
        return told;
    };
    const auto notifies = [&] {
        std::vector<std::string> all;
        for (auto& sent : server.transport.take()) {
            if (sent.bytes.starts_with("NOTIFY")) all.push_back(std::move(sent.bytes));
        }
        return all;
    };
    const auto publish = [&](unsigned number) {
        const auto name = "p" + std::to_string(number);
        server.receive(testing::request(
            "PUBLISH", "sip:alice@localhost", 1, "<sip:alice@localhost>",
            "Event: presence\nContent-Type: application/pidf+xml\n\n"
            "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:alice@localhost\">"
            "<tuple id=\"" +
                name + "\"><status><basic>open</basic></status></tuple></presence>",
            name));
    };
    publish(0);
    server.finish();
    for (const std::string name : {"w1", "w2"}) {
        server.receive(
            testing::request("SUBSCRIBE", "sip:alice@localhost", 1, "<sip:alice@localhost>",
                             "Contact: <sip:" + name + "@192.0.2.10>\nEvent: presence\n", name));
        server.finish();
    }
    for (const auto& notify : notifies()) server.receive(answer_to(notify, "200 OK"));
    CHECK(seconds().first == 0);  // neither a change nobody watched nor a new watcher

    publish(1);
    server.pass(std::chrono::milliseconds(250));
    server.finish();
    const auto first = notifies();
    REQUIRE(first.size() == 2);
    server.receive(answer_to(first[0], "200 OK"));
    CHECK(seconds().first == 0);
    server.pass(std::chrono::milliseconds(100));
    server.receive(answer_to(first[1], "200 OK"));
    CHECK(seconds().first == 1);
    CHECK(seconds().second == doctest::Approx(0.35));

    // Of two changes it is the older that counts; a watcher who never answers measures nothing.
    publish(2);
    server.finish();
    const auto second = notifies();
    REQUIRE(second.size() == 2);
    publish(3);
    server.pass(std::chrono::milliseconds(500));
    server.finish();
    server.receive(answer_to(second[0], "481 Subscription does not exist"));
    server.receive(answer_to(second[1], "200 OK"));
    for (const auto& notify : notifies()) server.receive(answer_to(notify, "200 OK"));
    CHECK(seconds().first == 2);
    CHECK(seconds().second == doctest::Approx(0.85));
    publish(4);
    server.finish();
    for (const auto& notify : notifies()) server.receive(answer_to(notify, "481 Gone"));
    CHECK(seconds().first == 2);
}

TEST_CASE("every watcher has the last of many changes") {
    Crowd server;
    server.answer_all("200 OK");
    for (unsigned turn = 0; turn < 4; ++turn) {
        server.change(turn);
        server.loop.turn(base::Duration::zero());
    }
    std::set<std::string> current;
    for (int round = 0; round < 4; ++round) {
        server.settle();
        server.collect();
        for (const auto& notify : server.notifies) {
            if (notify.find("<note>3</note>") != std::string::npos)
                current.insert(header(notify, "Call-ID"));
        }
        server.answer_all("200 OK");
    }
    CHECK(current.size() == kWatchers);
}

TEST_CASE(
    "notify.intervals: how far apart the NOTIFYs of a subscription are is the operator's say") {
    Crowd server;
    server.config.notify_intervals = {{"presence", 10}};
    server.answer_all("200 OK");
    server.change(1);
    server.collect();
    CHECK(server.notifies.empty());

    server.clock.advance(std::chrono::seconds(10));
    server.settle();
    server.collect();

    CHECK(server.notifies.size() == kWatchers);
    server.answer_all("200 OK");
    server.config.notify_intervals = {{"reg", 10}};
    server.change(2);
    server.settle();
    server.collect();
    CHECK(server.notifies.size() == kWatchers);
}

TEST_CASE("all suspects at one address are tried again when it is heard of") {
    Crowd server;
    server.answer_all("408 Request Timeout");
    server.collect();
    CHECK(server.notifies.empty());

    // A second request of the address changes nothing: its watchers are being tried.
    for (unsigned i = 0; i < 2; ++i) {
        server.transport.receive(
            testing::request("OPTIONS", "sip:localhost", 1 + i, "<sip:localhost>"),
            server.transport.udp());
    }
    server.settle();
    server.collect();

    CHECK(server.notifies.size() == kWatchers);
    CHECK(server.told().size() == kWatchers);
}

TEST_CASE("watchers who leave during a fan-out take nobody's NOTIFY along") {
    Crowd server;
    server.answer_all("200 OK");
    server.change(1);
    server.loop.turn(base::Duration::zero());
    server.loop.turn(base::Duration::zero());
    server.collect();
    const auto first = server.told();
    REQUIRE(first.size() < kWatchers);

    for (const auto& notify : server.notifies)
        server.transport.receive(answer_to(notify, "481 Gone"), server.transport.udp());
    server.settle();
    server.collect();

    CHECK(first.size() + server.told().size() == kWatchers);
}

TEST_CASE("RFC 3261 18.1.1: what is too large for UDP takes a stream to the same address only") {
    for (const auto* contact : {"192.0.2.10:5060", "192.0.2.77:5060", "192.0.2.10:5061"}) {
        CAPTURE(contact);
        Large server(contact);
        server.change(1);
        const bool is_there = std::string_view(contact) == "192.0.2.10:5060";
        CHECK(server.flow.protocol == (is_there ? sip::Protocol::tcp : sip::Protocol::udp));
        CHECK(server.flow.peer.to_string() == "192.0.2.10:5060");
    }
}

TEST_CASE("RFC 3261 18.1.1: that a watcher takes no stream is remembered for ten minutes") {
    Large server("192.0.2.10:5060");
    server.change(1);
    REQUIRE(server.flow.protocol == sip::Protocol::tcp);
    server.transport.close(server.flow);
    server.settle();
    server.look();
    CHECK(server.flow.protocol == sip::Protocol::udp);

    server.pass(std::chrono::minutes(9));
    server.change(2);
    CHECK(server.flow.protocol == sip::Protocol::udp);
    server.pass(std::chrono::minutes(2));
    server.change(3);
    CHECK(server.flow.protocol == sip::Protocol::tcp);
}

TEST_CASE("what is sent at once is little: other input gets its turn") {
    Crowd server;
    server.answer_all("200 OK");
    server.change(1);
    server.loop.turn(base::Duration::zero());
    server.loop.turn(base::Duration::zero());
    server.collect();
    CHECK(server.notifies.size() >= 1);
    CHECK(server.notifies.size() <= 512);
    server.settle();
    server.collect();
    CHECK(server.notifies.size() >= kWatchers - 512);
}

TEST_CASE(
    "RFC 5057 5.1: nobody is left untold for longer than five minutes, whatever he asks for") {
    Crowd server;
    server.answer_all("503 Service Unavailable\nRetry-After: 86400");
    server.collect();
    REQUIRE(server.notifies.empty());

    server.pass(std::chrono::seconds(299));
    server.collect();
    CHECK(server.notifies.empty());
    server.pass(std::chrono::seconds(2));
    server.collect();
    CHECK(server.notifies.size() == kWatchers);
}

TEST_CASE("RFC 4480 3.1: a document of many moments is told once a second at most") {
    SlowShard server;
    server.receive(testing::request("SUBSCRIBE", "sip:alice@localhost", 1, "<sip:alice@localhost>",
                                    "Contact: <sip:bob@192.0.2.10>\nEvent: presence\n"));
    server.finish();
    const auto answer_last = [&] { server.receive(answer_to(server.message(0), "200 OK")); };
    REQUIRE(server.sent().size() == 2);
    server.receive(answer_to(server.message(1), "200 OK"));
    // The clock says 2027-01-15T08:00:00Z.
    std::string body =
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\""
        " xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\""
        " xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:alice@localhost\">";
    for (const std::string tenth : {"1", "3", "5"}) {
        body += "<dm:person id=\"p" + tenth + "\"><rpid:mood until=\"2027-01-15T08:00:02." + tenth +
                "Z\"><rpid:happy/></rpid:mood></dm:person>";
    }
    body += "</presence>";
    server.shard.orders().change_hard_state({packages::find("presence"),
                                             "sip:alice@localhost",
                                             packages::Document{"application/pidf+xml", body},
                                             {}},
                                            [](const auto&) {});
    server.finish();
    REQUIRE(server.sent().size() == 1);
    answer_last();

    std::vector<int> told_at;  // tenths of a second
    for (int tenth = 1; tenth <= 50; ++tenth) {
        server.pass(std::chrono::milliseconds(100));
        if (server.sent().empty()) continue;
        told_at.push_back(tenth);
        answer_last();
    }

    REQUIRE_FALSE(told_at.empty());
    CHECK(told_at.front() >= 20);
    for (std::size_t n = 1; n < told_at.size(); ++n) CHECK(told_at[n] - told_at[n - 1] >= 10);
}

}  // namespace herald::server::notify_sender_test
