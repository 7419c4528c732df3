// tests/unit/server/shard/overload_test.cpp: who is turned away first.
#include "server/shard/overload.h"

#include <doctest/doctest.h>

#include "tests/unit/server/sample.h"

using namespace herald;
using namespace herald::server;
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
