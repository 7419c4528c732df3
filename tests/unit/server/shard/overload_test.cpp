// tests/unit/server/shard/overload_test.cpp: who is turned away first.
#include "server/shard/overload.h"

#include <doctest/doctest.h>

#include "tests/unit/server/sample.h"

namespace herald::server::overload_test {

using herald::server::testing::Request;
using sip::Load;

namespace {

struct Served {
    bool normally;
    bool under_high_load;
    bool under_extreme_load;
    bool operator==(const Served&) const = default;
};

Served served(std::string_view method, std::string_view lines = {}) {
    const Request request(method, lines);
    return {is_worth_serving(*request, Load::normal), is_worth_serving(*request, Load::high),
            is_worth_serving(*request, Load::extreme)};
}

constexpr Served kFirst{true, false, false};
constexpr Served kLast{true, true, false};

}  // namespace

TEST_CASE("RFC 3261 21.5.4: new state is refused first") {
    CHECK(served("SUBSCRIBE", "Event: presence\n") == kFirst);
    CHECK(served("PUBLISH", "Event: presence\nContent-Length: 1\n\nx") == kFirst);
    CHECK(served("PUBLISH", "Event: presence\nSIP-If-Match: e\nContent-Length: 1\n\nx") == kFirst);
    CHECK(served("PUBLISH", "Event: presence\n") == kFirst);
    CHECK(served("MESSAGE") == kFirst);
    CHECK(served("OPTIONS") == kFirst);
}

TEST_CASE("RFC 6665 4.1.3: what we are told in a dialog of ours is refused last") {
    const Request told("NOTIFY", "Event: message-summary\nSubscription-State: active\n",
                       "<sip:alice@example.com>;tag=ours");
    CHECK(is_worth_serving(*told, Load::high));
    CHECK_FALSE(is_worth_serving(*told, Load::extreme));
    CHECK(served("NOTIFY", "Event: message-summary\n") == kFirst);
}

TEST_CASE("RFC 3261 21.5.4: refreshes, removals and registrations are refused last") {
    CHECK(served("PUBLISH", "Event: presence\nSIP-If-Match: e\n") == kLast);
    CHECK(served("PUBLISH", "Event: presence\nSIP-If-Match: e\nExpires: 0\n") == kLast);
    CHECK(served("REGISTER") == kLast);
}

namespace {

/// One after the other, a tenth of a millisecond apart.
struct Crowd {
    SourceShares shares;
    base::Instant now{};

    Load judged(const char* host, Load load) {
        now += std::chrono::microseconds(100);
        return shares.judged(*sip::Endpoint::from(host, 5060), load, now);
    }
    void flood(const char* host, int times) {
        for (int i = 0; i < times; ++i) judged(host, Load::high);
    }
};

}  // namespace

TEST_CASE("where one source sends everything, all others are judged by the next lower load") {
    Crowd crowd;
    crowd.flood("192.0.2.1", 500);
    CHECK(crowd.judged("192.0.2.1", Load::high) == Load::high);
    CHECK(crowd.judged("192.0.2.2", Load::high) == Load::normal);
    CHECK(crowd.judged("192.0.2.3", Load::extreme) == Load::high);
}

TEST_CASE("a flood from several addresses of one IPv6 site is one source") {
    Crowd crowd;
    for (int i = 0; i < 200; ++i) {
        crowd.flood(("2001:db8::" + std::to_string(i)).c_str(), 3);
    }
    CHECK(crowd.judged("2001:db8::ffff", Load::high) == Load::high);
    CHECK(crowd.judged("192.0.2.2", Load::high) == Load::normal);
}

TEST_CASE("where many send alike, nobody is judged mildly") {
    Crowd crowd;
    for (int round = 0; round < 50; ++round) {
        for (int i = 1; i < 100; ++i) crowd.flood(("192.0.2." + std::to_string(i)).c_str(), 1);
    }
    CHECK(crowd.judged("192.0.2.7", Load::high) == Load::high);
    CHECK(crowd.judged("192.0.2.200", Load::extreme) == Load::extreme);
}

TEST_CASE("a source alone is judged as ever, and what was sent long ago is forgotten") {
    Crowd crowd;
    CHECK(crowd.judged("192.0.2.1", Load::extreme) == Load::extreme);
    crowd.flood("192.0.2.1", 500);
    crowd.now += std::chrono::seconds(5);
    CHECK(crowd.judged("192.0.2.2", Load::high) == Load::high);
}

}  // namespace herald::server::overload_test
