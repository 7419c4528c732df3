// tests/unit/sip/local_addresses_test.cpp: a flow names the address its datagrams leave from.
#include "sip/local_addresses.h"

#include <doctest/doctest.h>

#include "tests/support/fake_transport.h"

namespace herald::sip::local_addresses_test {

TEST_CASE("an address has one number, whatever the port; no address has none") {
    const auto number = number_of_local(test::endpoint("192.0.2.1", 5060));

    CHECK(number != 0);
    CHECK(number_of_local(test::endpoint("192.0.2.1", 5070)) == number);
    CHECK(number_of_local(test::endpoint("2001:db8::1", 5060)) != number);
    CHECK(local_of_number(number) == test::endpoint("192.0.2.1", 0));
    CHECK(number_of_local({}) == 0);
    CHECK_FALSE(local_of_number(0).is_valid());
    CHECK_FALSE(local_of_number(UINT32_MAX).is_valid());
}

TEST_CASE("a datagram's flow names it, a stream's is where it is") {
    Flow datagram{.peer = test::endpoint("192.0.2.9", 5060)};
    Flow stream = datagram;
    stream.protocol = Protocol::tcp;
    stream.generation = 7;
    for (auto* const flow : {&datagram, &stream}) flow->leave_from(test::endpoint("192.0.2.1", 0));

    CHECK(datagram.local() == test::endpoint("192.0.2.1", 0));
    CHECK(stream.generation == 7);
    CHECK_FALSE(stream.local().is_valid());
    static_assert(sizeof(Flow) == sizeof(Endpoint) + 12, "one in each subscription");
}

}  // namespace herald::sip::local_addresses_test
