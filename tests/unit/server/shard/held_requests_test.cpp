// tests/unit/server/shard/held_requests_test.cpp: requests for a cell that is on its way: how many
// wait, whose, and for how long.
#include "server/shard/held_requests.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/unit/server/stored_shard.h"

namespace herald::server::held_requests_test {
namespace {

using std::chrono::seconds;
using testing::publish;

const std::string kAlice = "sip:alice@localhost";

Config with(const std::string& cluster) {
    auto read = parse_config("[publish]\nper_resource = 100\n[cluster]\n" + cluster);
    REQUIRE(read.mistakes.empty());
    return std::move(read.config);
}

struct Held : testing::StoredShard {
    explicit Held(const std::string& cluster) : StoredShard(with(cluster)) { hold(); }

    void hold() { shard.keeper().held().hold(cell_of(kAlice)); }
    void come_back() {
        shard.keeper().come_back(cell_of(kAlice));
        settle();
    }
    /// Number `cseq`, each of a source and a transaction of its own, to make a publication.
    std::string ask(unsigned cseq, const sip::Flow& flow, const std::string& note = "n") {
        auto text = publish(kAlice, 1, note);
        const auto number = std::to_string(cseq);
        for (const auto* name : {"Call-ID: p", "z9hG4bKp1"}) {
            const auto at = text.find(name);
            REQUIRE(at != std::string::npos);
            text.insert(at + std::string_view(name).size(), "-" + number);
        }
        transport.receive(text, flow);
        settle();
        return text;
    }
    /// Status of each answer since the last call, in order.
    std::string statuses() {
        std::string all;
        for (const auto& each : sent()) {
            if (each.starts_with("SIP/2.0")) all += each.substr(8, 3) + " ";
        }
        return all;
    }
    double turned_away(const std::string& why, const std::string& how) {
        return metric("herald_cluster_turned_away_total", {{"why", why}, {"how", how}});
    }
    double waiting() { return metric("herald_cluster_held"); }
    double bytes() { return metric("herald_cluster_held_bytes"); }
};

}  // namespace

TEST_CASE("so many requests wait for a cell as the configuration says, of several sources") {
    Held server("held_requests = 8\n");

    for (unsigned n = 0; n < 8; ++n)
        server.ask(n, server.transport.udp("192.0.2." + std::to_string(10 + n)));
    CHECK(server.waiting() == 8);
    server.ask(8, server.transport.udp("192.0.2.30"));
    server.ask(9, server.transport.connect("192.0.2.31"));

    CHECK(server.waiting() == 8);
    CHECK(server.statuses() == "503 ");
    CHECK(server.turned_away("full", "dropped") == 1);
    CHECK(server.turned_away("full", "refused") == 1);

    server.come_back();
    CHECK(server.statuses() == "200 200 200 200 200 200 200 200 ");
    CHECK(server.waiting() == 0);
    CHECK(server.bytes() == 0);
}

TEST_CASE("a copy of a datagram that was dropped is served once the cell is there") {
    Held server("held_requests = 1\n");
    server.ask(0, server.transport.udp("192.0.2.10"));
    const auto dropped = server.ask(1, server.transport.udp("192.0.2.11"));
    REQUIRE(server.turned_away("full", "dropped") == 1);
    server.come_back();
    CHECK(server.statuses() == "200 ");

    server.transport.receive(dropped, server.transport.udp("192.0.2.11"));
    server.settle();

    CHECK(server.statuses() == "200 ");
}

TEST_CASE("bytes count as well, and those of a stream that finds no room are told to come later") {
    Held server("held_bytes = 65536\n");
    const std::string large(9000, 'x');

    for (unsigned n = 0; n < 7; ++n)
        server.ask(n, server.transport.udp("192.0.2." + std::to_string(10 + n)), large);
    CHECK(server.waiting() == 6);
    CHECK(server.turned_away("full", "dropped") == 1);
    CHECK(server.bytes() > 6 * 9000);
    CHECK(server.bytes() <= 65536);

    // What is small finds room still.
    server.ask(7, server.transport.udp("192.0.2.30"));
    CHECK(server.waiting() == 7);
    server.transport.take();
    server.ask(8, server.transport.connect("192.0.2.31"), large);
    const auto refusal = server.transport.take_one();
    CHECK(refusal.starts_with("SIP/2.0 503"));
    const auto pause = std::stoi(testing::header(refusal, "Retry-After"));
    CHECK(pause >= 1);
    CHECK(pause <= 5);
}

TEST_CASE("one source leaves half of the room to the others, by count") {
    Held server("held_requests = 16\n");
    for (unsigned n = 0; n < 30; ++n) server.ask(n, server.transport.udp("192.0.2.66"));

    // Half, and the one that makes it more than half.
    CHECK(server.waiting() == 9);
    CHECK(server.turned_away("share", "dropped") == 21);
    for (unsigned n = 30; n < 37; ++n)
        server.ask(n, server.transport.udp("192.0.2." + std::to_string(n)));
    CHECK(server.waiting() == 16);

    server.come_back();
    const auto answers = server.statuses();
    CHECK(answers.size() == 16 * 4);
}

TEST_CASE("one source leaves half of the room to the others, by bytes") {
    Held server("held_bytes = 65536\n");
    const std::string large(5000, 'x');
    for (unsigned n = 0; n < 12; ++n) server.ask(n, server.transport.udp("192.0.2.66"), large);

    CHECK(server.turned_away("share", "dropped") > 0);
    CHECK(server.bytes() < 65536 / 2 + 6000);
    server.ask(20, server.transport.udp("192.0.2.67"), large);
    CHECK(server.waiting() >= 2);
    server.come_back();
    CHECK(server.bytes() == 0);
}

TEST_CASE("a trusted proxy speaks for many, and may fill the room") {
    Held server("held_requests = 16\n[sip]\ntrusted_peers = [\"192.0.2.66\"]\n");

    for (unsigned n = 0; n < 20; ++n) server.ask(n, server.transport.udp("192.0.2.66"));

    CHECK(server.waiting() == 16);
    CHECK(server.turned_away("full", "dropped") == 4);
}

TEST_CASE("nobody waits for longer than the configuration says") {
    Held server("hold = 3\n");
    server.ask(0, server.transport.udp());
    server.pass(seconds(2));
    CHECK(server.statuses().empty());
    server.pass(seconds(2));
    CHECK(server.statuses() == "503 ");
    CHECK(server.turned_away("late", "refused") == 1);
    CHECK(server.waiting() == 0);

    server.ask(1, server.transport.udp());
    CHECK(server.statuses() == "503 ");
    server.come_back();
    server.ask(2, server.transport.udp());
    CHECK(server.statuses() == "200 ");
}

TEST_CASE("what comes while those that waited go in goes in behind them") {
    Held server("");
    for (unsigned n = 0; n < 40; ++n) server.ask(n, server.transport.udp());
    // Each look at the clock takes a while: not all go in in one slice.
    server.clock.step = std::chrono::microseconds(300);
    server.shard.keeper().come_back(server.cell_of(kAlice));
    server.loop.turn(base::Duration::zero());
    const double left = server.waiting();
    CHECK(left > 0);
    CHECK(left < 40);
    server.transport.receive(publish(kAlice, 1, "last"), server.transport.udp());
    CHECK(server.waiting() == left + 1);
    server.settle();

    std::vector<std::string> ids;
    for (const auto& each : server.sent()) {
        if (each.starts_with("SIP/2.0 200")) ids.push_back(testing::header(each, "Call-ID"));
    }
    REQUIRE(ids.size() == 41);
    CHECK(ids.front() == "p-0");
    CHECK(ids.back() == "p");
}

}  // namespace herald::server::held_requests_test
