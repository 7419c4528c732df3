// tests/unit/sip/stream_limits_test.cpp: what streams may take, in all and from one source.
#include "sip/stream_limits.h"

#include <doctest/doctest.h>

#include "tests/support/fake_transport.h"

namespace herald::sip::stream_limits_test {

using test::endpoint;

TEST_CASE("connections are bounded in all and by source, whatever the port") {
    StreamLimits limits({.connections = 3, .connections_per_source = 2});

    CHECK(limits.enter(endpoint("192.0.2.1", 1)));
    CHECK(limits.enter(endpoint("192.0.2.1", 2)));
    CHECK_FALSE(limits.enter(endpoint("192.0.2.1", 3)));
    CHECK(limits.enter(endpoint("192.0.2.2", 1)));
    CHECK_FALSE(limits.enter(endpoint("192.0.2.3", 1)));
    CHECK(limits.connections() == 3);

    limits.leave(endpoint("192.0.2.1", 1));
    CHECK(limits.enter(endpoint("192.0.2.1", 9)));
    CHECK_FALSE(limits.enter(endpoint("192.0.2.1", 9)));
}

TEST_CASE(
    "bytes of unfinished messages are bounded in all and by source; giving back never fails") {
    StreamLimits limits({.bytes = 100, .bytes_per_source = 60});
    const Endpoint one = endpoint("2001:db8::1", 1), same = endpoint("2001:db8::2", 1);
    const Endpoint other = endpoint("2001:db8:0:1::1", 1);
    for (const Endpoint& each : {one, same, other}) REQUIRE(limits.enter(each));

    CHECK(limits.hold(one, 0, 40));
    CHECK_FALSE(limits.hold(same, 0, 30));
    CHECK(limits.hold(same, 0, 20));
    CHECK_FALSE(limits.hold(other, 0, 50));
    CHECK(limits.hold(other, 0, 40));
    CHECK(limits.bytes() == 100);
    CHECK(limits.hold(one, 40, 0));
    CHECK(limits.bytes() == 60);
    CHECK(limits.hold(same, 20, 60));
}

}  // namespace herald::sip::stream_limits_test
