// tests/unit/http/connection_table_test.cpp: connections watched, timed, and what they take
// together.
#include "http/connection_table.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/socket.h>

#include <doctest/doctest.h>

namespace herald::http::connection_table_test {
namespace {

using namespace std::chrono_literals;

struct Rig {
    base::ManualClock clock;
    base::Loop loop{clock};
    base::Metrics metrics;
    std::optional<base::SlotId> ready, late;
    int closed = 0;
    std::vector<sip::Socket> peers;
    ConnectionTable table;

    explicit Rig(const Limits& limits = {})
        : table(loop, metrics, limits,
                {.ready = [this](base::SlotId id, std::uint32_t) { ready = id; },
                 .late = [this](base::SlotId id) { late = id; },
                 .closed = [this](const EventStream*) { ++closed; }}) {}

    /// The slot of one more from there.
    std::uint32_t add(std::string_view source = "192.0.2.1") {
        int ends[2];
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
        peers.emplace_back(ends[1]);
        table.add(sip::Socket(ends[0]), *sip::Endpoint::from(source, 40000), nullptr);
        std::uint32_t newest = 0;
        table.for_each([&](std::uint32_t slot, const Connection& connection) {
            if (connection.socket.fd() == ends[0]) newest = slot;
        });
        return newest;
    }
    void pass(base::Duration time) {
        clock.advance(time);
        loop.turn(0ms);
    }
};

}  // namespace

TEST_CASE("a connection is told of when something comes, and when it is late") {
    Rig rig({.head_timeout = 5s});
    const auto slot = rig.add();

    REQUIRE(::send(rig.peers[0].fd(), "G", 1, 0) == 1);
    rig.loop.turn(0ms);
    REQUIRE(rig.ready);
    CHECK(rig.ready->slot == slot);
    char read = 0;
    REQUIRE(::recv(rig.table[slot].socket.fd(), &read, 1, 0) == 1);
    rig.pass(4s);
    CHECK_FALSE(rig.late);
    rig.table.wait(slot, 3s);
    rig.pass(2s);
    CHECK_FALSE(rig.late);
    rig.pass(2s);
    CHECK(rig.late);
}

TEST_CASE("who has waited longest gives way; who is busy does not") {
    Rig rig;
    const auto busy = rig.add();
    rig.table[busy].state = Connection::State::answering;
    rig.pass(1s);
    const auto first = rig.add();
    rig.pass(1s);
    const auto second = rig.add();
    const auto id = rig.table.id_of(first);

    CHECK(rig.table.make_room());
    CHECK_FALSE(rig.table.holds(id));
    CHECK(rig.table.holds(rig.table.id_of(second)));
    CHECK(rig.table.make_room());
    CHECK_FALSE(rig.table.make_room());
    CHECK(rig.closed == 2);
    CHECK(rig.table.size() == 1);
}

TEST_CASE("once half of all room is taken a source has an eighth of it") {
    Rig rig({.buffer = 80'000});
    const auto greedy = rig.add("192.0.2.1");
    const auto other = rig.add("192.0.2.2");
    const auto fill = [&](std::uint32_t slot, std::size_t bytes) {
        std::string().swap(rig.table[slot].out);
        rig.table[slot].out.reserve(bytes);
        rig.table.charge(slot);
        return rig.table.is_crowded(rig.table[slot]);
    };

    CHECK_FALSE(fill(greedy, 30'000));
    CHECK(fill(greedy, 50'000));
    CHECK_FALSE(fill(other, 9'000));
    CHECK(fill(other, 11'000));
    fill(greedy, 0);
    CHECK_FALSE(fill(other, 11'000));
    fill(greedy, 90'000);
    CHECK(rig.table.is_crowded(rig.table[other]));
}

}  // namespace herald::http::connection_table_test
