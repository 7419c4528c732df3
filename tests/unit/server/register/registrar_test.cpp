// tests/unit/server/register/registrar_test.cpp: what a REGISTER costs the store.
#include "server/register/registrar.h"

#include <doctest/doctest.h>

#include "tests/unit/server/slow_shard.h"

namespace herald::server::registrar_test {

TEST_CASE("RFC 3261 10.3 step 8: a query is answered at once, without a write") {
    testing::SlowShard server;
    server.receive(testing::request("REGISTER", "sip:localhost", 1, "<sip:alice@localhost>", ""));
    CHECK(server.sent() == std::vector<std::string>{"SIP/2.0 200 OK"});
    CHECK(server.store.held.empty());
}

}  // namespace herald::server::registrar_test
