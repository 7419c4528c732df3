// tests/unit/sip/target_rules_test.cpp: where peers may make us send.
#include "sip/target_rules.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/support/fake_transport.h"

namespace herald::sip::target_rules_test {
namespace {

using test::endpoint;

const Endpoint kStranger = endpoint("198.51.100.7", 5060);
const Endpoint kNeighbour = endpoint("127.0.0.1", 5070);

std::string why(const TargetRules& rules, std::string_view host, const Endpoint& source,
                std::uint16_t port = 5060) {
    return std::string(rules.refusal(endpoint(host, port), source));
}

}  // namespace

TEST_CASE("loopback and link-local are for peers that are there themselves") {
    const TargetRules rules;
    for (const char* host : {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"}) {
        CAPTURE(host);
        CHECK(why(rules, host, kStranger) == "loopback");
        CHECK(why(rules, host, kNeighbour).empty());
    }
    for (const char* host : {"169.254.169.254", "fe80::1", "::ffff:169.254.0.1"}) {
        CAPTURE(host);
        CHECK(why(rules, host, kStranger) == "link-local");
        CHECK(why(rules, host, kNeighbour) == "link-local");
        CHECK(why(rules, host, endpoint("fe80::9", 5060)).empty());
    }
    CHECK(why(rules, "192.0.2.1", kStranger).empty());
    CHECK(why(rules, "2001:db8::1", kStranger).empty());
}

TEST_CASE("groups, broadcasts and addresses of nobody are for nobody") {
    const TargetRules rules;
    for (const char* host : {"224.0.1.75", "239.255.255.250", "255.255.255.255", "0.0.0.0",
                             "0.1.2.3", "ff02::1", "::", "::127.0.0.1"}) {
        CAPTURE(host);
        CHECK_FALSE(why(rules, host, kStranger).empty());
        CHECK_FALSE(why(rules, host, kNeighbour).empty());
    }
    CHECK(why(rules, "192.0.2.1", kStranger, 0) == "no address");
}

TEST_CASE("our own listeners are nobody's target, at every address they listen on") {
    TargetRules::Setup setup;
    setup.own = {endpoint("192.0.2.1", 5060), endpoint("0.0.0.0", 8080)};
    setup.local = {endpoint("192.0.2.1", 0), endpoint("192.0.2.2", 0)};
    const TargetRules rules(setup);

    CHECK(why(rules, "192.0.2.1", kStranger) == "an address of this server");
    CHECK(why(rules, "192.0.2.2", kStranger).empty());
    CHECK(why(rules, "192.0.2.1", kStranger, 5061).empty());
    CHECK(why(rules, "192.0.2.2", kStranger, 8080) == "an address of this server");
    CHECK(why(rules, "127.0.0.1", kNeighbour, 8080) == "an address of this server");
    CHECK(why(rules, "192.0.2.3", kStranger, 8080).empty());
}

TEST_CASE("networks that the operator denies are denied to neighbours too") {
    TargetRules::Setup setup;
    setup.denied = {{endpoint("10.0.0.0", 0), 8}, {endpoint("127.0.0.64", 0), 26}};
    const TargetRules rules(setup);

    CHECK(why(rules, "10.20.30.40", kStranger) == "sip.deny_targets");
    CHECK(why(rules, "127.0.0.65", kNeighbour) == "sip.deny_targets");
    CHECK(why(rules, "11.0.0.1", kStranger).empty());
}

}  // namespace herald::sip::target_rules_test
