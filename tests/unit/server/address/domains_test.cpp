// tests/unit/server/address/domains_test.cpp: which hosts are ours, and canonical names.
#include "server/address/domains.h"

#include <doctest/doctest.h>

#include "tests/support/fake_transport.h"

namespace herald::server::domains_test {
namespace {

std::vector<sip::ListenerAddress> listeners() {
    return {{sip::Protocol::udp, test::endpoint("192.0.2.1", 5060), "192.0.2.1", 5060},
            {sip::Protocol::tcp, test::endpoint("192.0.2.1", 5070), "sip.example.com", 5070}};
}

bool serves(const Domains& domains, std::string_view uri) {
    const auto parsed = sip::parse_uri(uri);
    return parsed && domains.serves(*parsed);
}

}  // namespace

TEST_CASE("unconfigured: localhost, the listening addresses and what peers are told") {
    const Domains domains({}, listeners());

    CHECK(serves(domains, "sip:alice@localhost"));
    CHECK(serves(domains, "sip:alice@LocalHost:5060"));
    CHECK(serves(domains, "sip:alice@192.0.2.1:5070"));
    CHECK(serves(domains, "sip:alice@sip.example.com"));
    CHECK_FALSE(serves(domains, "sip:alice@192.0.2.2"));
    CHECK_FALSE(serves(domains, "sip:alice@example.com"));
    CHECK(domains.first() == "localhost");
}

TEST_CASE("configured: those domains, in any case, and the first one first") {
    const Domains domains({"Example.COM", "example.org"}, listeners());

    CHECK(serves(domains, "sip:alice@example.com"));
    CHECK(serves(domains, "sips:alice@EXAMPLE.org"));
    CHECK(serves(domains, "pres:alice@example.com"));
    CHECK_FALSE(serves(domains, "sip:alice@sub.example.com"));
    CHECK_FALSE(serves(domains, "sip:alice@localhost"));
    CHECK(domains.first() == "example.com");
}

TEST_CASE("a domain has other names: its users are the same by each of them") {
    const Domains domains({"example.com", "example.org"}, listeners(),
                          {{"192.0.2.1", "example.org"}, {"[2001:DB8::1]", "example.com"}});

    CHECK(serves(domains, "sip:alice@192.0.2.1"));
    CHECK(serves(domains, "sip:alice@192.0.2.1:5070"));
    CHECK_FALSE(serves(domains, "sip:alice@192.0.2.1:6000"));
    CHECK(domains.aor("sip:alice@192.0.2.1") == "sip:alice@example.org");
    CHECK(domains.aor("sip:alice@192.0.2.1:5060;user=phone") == "sip:alice@example.org");
    CHECK(domains.aor("sip:alice@192.0.2.1:6000") == "sip:alice@192.0.2.1:6000");
    CHECK(domains.aor("sip:alice@[2001:db8::1]") == "sip:alice@example.com");
    CHECK(domains.aor("sip:alice@example.com") == "sip:alice@example.com");
    CHECK(domains.first() == "example.com");
}

TEST_CASE("another port at our name is somebody else's") {
    const Domains domains({"example.com"}, listeners());

    CHECK(serves(domains, "sip:alice@example.com:5060"));
    CHECK(serves(domains, "sip:alice@example.com:5070"));
    CHECK_FALSE(serves(domains, "sip:alice@example.com:6000"));
}

TEST_CASE("a tel URI is in no domain") {
    const Domains domains({"example.com"}, listeners());
    CHECK_FALSE(serves(domains, "tel:+4912345"));
    CHECK_FALSE(domains.aor("tel:+4912345").has_value());
}

TEST_CASE("RFC 3261 10.3: one canonical name for every way to write it") {
    const Domains domains({"example.com"}, listeners());
    const auto* const alice = "sip:alice@example.com";

    CHECK(domains.aor("sip:alice@example.com") == alice);
    CHECK(domains.aor("sips:alice@EXAMPLE.com:5060;transport=tcp?x=y") == alice);
    CHECK(domains.aor("pres:alice@example.com") == alice);
    CHECK(domains.aor("im:%61lice@example.com") == alice);
    CHECK(domains.aor("alice@example.com") == alice);
    CHECK(domains.aor("sip:Alice@example.com") != alice);
    CHECK(domains.aor("sip:alice@example.com:6000") == "sip:alice@example.com:6000");
}

TEST_CASE("what names nobody has no canonical name") {
    const Domains domains({"example.com"}, listeners());
    CHECK_FALSE(domains.aor("").has_value());
    CHECK_FALSE(domains.aor("mailto:alice@example.com").has_value());
    CHECK_FALSE(domains.aor("sip:alice@").has_value());
    CHECK_FALSE(domains.aor("sip:alice@exa mple.com").has_value());
}

TEST_CASE("the domain of an AOR") {
    CHECK(domain_of("sip:alice@example.com") == "example.com");
    CHECK(domain_of("sip:example.com") == "example.com");
    CHECK(domain_of("sip:a%40b@example.com") == "example.com");
}

}  // namespace herald::server::domains_test
