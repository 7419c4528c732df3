// tests/unit/server/access/guesses_test.cpp: who guesses waits; who lives here does not.
#include "server/access/guesses.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/support/fake_transport.h"

namespace herald::server::guesses_test {
namespace {

using namespace std::chrono_literals;

struct Door {
    Guesses guesses{1 << 20};
    Guesses::Rules rules{.per_source = 3, .per_account = 5, .longest = 60};
    base::Instant now{1h};

    static Guesses::Try attempt(std::string_view account, std::string_view host) {
        return {account, test::endpoint(host, 5060)};
    }
    void fail(std::string_view account, std::string_view host, int times = 1) {
        for (int i = 0; i < times; ++i) guesses.failed(attempt(account, host), rules, now);
    }
    std::uint32_t wait(std::string_view account, std::string_view host) const {
        return guesses.wait(attempt(account, host), now);
    }
};

constexpr std::string_view kHome = "192.0.2.1", kElsewhere = "192.0.2.99";

}  // namespace

TEST_CASE("the first wrong passwords cost nothing, each further one twice the wait") {
    Door door;
    door.fail("alice", kElsewhere, 3);
    CHECK(door.wait("alice", kElsewhere) == 0);
    for (const std::uint32_t seconds : {1, 2, 4, 8, 16, 32, 60, 60}) {
        door.fail("bob", kElsewhere);
        CHECK(door.wait("bob", kElsewhere) == seconds);
        CHECK(door.wait("anybody", kElsewhere) == seconds);
        door.now += std::chrono::seconds(seconds);
        CHECK(door.wait("bob", kElsewhere) == 0);
    }
    CHECK(door.wait("carol", kHome) == 0);
}

TEST_CASE("an account guessed at from many sources waits, but not where it has logged in from") {
    Door door;
    door.guesses.succeeded(Door::attempt("alice", kHome), door.now);
    for (int i = 0; i < 20; ++i) door.fail("alice", "198.51.100." + std::to_string(i));

    CHECK(door.wait("alice", "203.0.113.1") > 0);
    CHECK(door.wait("bob", "203.0.113.1") == 0);
    CHECK(door.wait("alice", kHome) == 0);
}

TEST_CASE(
    "who lives at a source does not wait for what others there guess, and little for his own") {
    Door door;
    door.guesses.succeeded(Door::attempt("alice", kHome), door.now);
    door.fail("bob", kHome, 50);
    CHECK(door.wait("bob", kHome) == 60);
    CHECK(door.wait("alice", kHome) == 0);

    door.fail("alice", kHome, 50);
    CHECK(door.wait("alice", kHome) == 5);
}

TEST_CASE("behind a proxy of ours users wait each for himself") {
    Door door;
    Guesses::Try mallory{"mallory", test::endpoint(kHome, 5060), true};
    Guesses::Try alice{"alice", test::endpoint(kHome, 5060), true};
    for (int i = 0; i < 10; ++i) door.guesses.failed(mallory, door.rules, door.now);

    CHECK(door.guesses.wait(mallory, door.now) > 0);
    CHECK(door.guesses.wait(alice, door.now) == 0);
}

TEST_CASE("failures are forgotten by halves, and an IPv6 site is one source") {
    Door door;
    door.fail("alice", "2001:db8::1", 4);
    CHECK(door.wait("bob", "2001:db8::ffff") == 1);
    CHECK(door.wait("bob", "2001:db8:0:1::1") == 0);
    door.now += 21min;
    door.fail("alice", "2001:db8::1", 2);
    CHECK(door.wait("alice", "2001:db8::1") == 0);
}

TEST_CASE("memory is fixed, however many sources and names there are") {
    Door door;
    for (int i = 0; i < 100'000; ++i) {
        door.fail(std::to_string(i),
                  "10." + std::to_string(i % 250) + "." + std::to_string(i / 250 % 250) + ".1");
    }
    CHECK(door.guesses.bytes() <= 1 << 20);
}

}  // namespace herald::server::guesses_test
