// tests/unit/server/core/credit_test.cpp: how much may be sent to an address that somebody named.
#include "server/core/credit.h"

#include <doctest/doctest.h>

namespace herald::server::credit_test {
namespace {

sip::Flow flow_to(const char* host, std::uint16_t port = 5060,
                  sip::Protocol protocol = sip::Protocol::udp) {
    sip::Flow flow;
    flow.peer = *sip::Endpoint::from(host, port);
    flow.protocol = protocol;
    return flow;
}

}  // namespace

TEST_CASE("an account behind a request is worth eight times its bytes, nobody less than three") {
    Identity who;
    CHECK(credit_of(who, 500) == 1499);  // let in without a name
    who.aor = "sip:alice@example.com";
    CHECK(credit_of(who, 500) == 4000);
    who.is_open = true;
    CHECK(credit_of(who, 500) == 1499);
    CHECK(credit_of(who, 0) == 0);
    who.is_trusted_peer = true;
    CHECK(credit_of(who, 500) == 4000);
}

TEST_CASE("copies count, and what is used up is not sent") {
    Credit credit(1000);
    const auto there = flow_to("192.0.2.1");
    CHECK(credit.allows(there, 400));
    CHECK(credit.spend(there, 400));
    CHECK(credit.spend(there, 400));
    CHECK_FALSE(credit.spend(there, 400));
    CHECK_FALSE(credit.allows(there, 400));
    CHECK(credit.allows(there, 200));
}

TEST_CASE("what needs fragments is for who has answered") {
    Credit credit(100'000);
    CHECK_FALSE(credit.allows(flow_to("192.0.2.1"), 1301));
    credit.prove(flow_to("192.0.2.1", 9999));
    CHECK(credit.allows(flow_to("192.0.2.1"), 60'000));
    CHECK_FALSE(credit.allows(flow_to("192.0.2.2"), 1301));
}

TEST_CASE(
    "where a request came from, with a password for a challenge sent there, needs no credit") {
    Credit credit(0);
    credit.renew(0, flow_to("192.0.2.1").peer);
    CHECK(credit.spend(flow_to("192.0.2.1", 7), 5000));
    CHECK_FALSE(credit.spend(flow_to("192.0.2.2"), 1));
}

TEST_CASE("who takes a stream is there") {
    Credit credit(0);
    CHECK(credit.allows(flow_to("192.0.2.1", 5060, sip::Protocol::tcp), 1'000'000));
}

TEST_CASE(
    "a new request brings new credit; who answered is remembered, where one came from is not") {
    Credit credit(10);
    credit.renew(0, flow_to("192.0.2.1").peer);
    credit.prove(flow_to("192.0.2.2"));
    credit.renew(300, {});
    CHECK(credit.is_proven(flow_to("192.0.2.2")));
    CHECK_FALSE(credit.is_proven(flow_to("192.0.2.1")));
    CHECK(credit.spend(flow_to("192.0.2.1"), 300));
}

}  // namespace herald::server::credit_test
