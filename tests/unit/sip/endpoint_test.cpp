// tests/unit/sip/endpoint_test.cpp: addresses as text and as sockaddr.
#include "sip/endpoint.h"

#include <string>

#include <arpa/inet.h>

#include <doctest/doctest.h>

namespace herald::sip::endpoint_test {

TEST_CASE("numeric hosts are endpoints, names are not") {
    CHECK(Endpoint::from("127.0.0.1", 5060)->to_string() == "127.0.0.1:5060");
    CHECK(Endpoint::from("::1", 5060)->to_string() == "[::1]:5060");
    CHECK(Endpoint::from("[2001:DB8::0:1]", 1)->to_string() == "[2001:db8::1]:1");
    CHECK(Endpoint::from("2001:db8:::192.0.2.1", 1) == Endpoint::from("2001:db8::192.0.2.1", 1));
    for (const char* host : {"", "example.com", "[127.0.0.1]", "1.2.3", "1.2.3.4.5", "256.1.1.1",
                             "[::1", "::1]", "::g", "1::2::3", "fe80::1%lo", "[]"}) {
        CAPTURE(host);
        CHECK_FALSE(Endpoint::from(host, 1));
    }
    CHECK_FALSE(Endpoint::from(std::string_view("127.0.0.1\0x", 11), 1));
    CHECK_FALSE(Endpoint::from(std::string(200, '1'), 1));
}

TEST_CASE("RFC 5118 4.9: a v4-mapped address is the IPv4 address") {
    const auto mapped = Endpoint::from("::ffff:192.0.2.1", 5060);
    REQUIRE(mapped);
    CHECK_FALSE(mapped->is_ipv6());
    CHECK(mapped == Endpoint::from("192.0.2.1", 5060));
    CHECK(mapped->uri_host() == "192.0.2.1");
}

TEST_CASE("an endpoint survives the way through sockaddr") {
    for (const char* host : {"192.0.2.7", "2001:db8::7", "0.0.0.0", "::"}) {
        const Endpoint endpoint = *Endpoint::from(host, 4242);
        sockaddr_storage storage;
        const socklen_t size = endpoint.to_sockaddr(storage);
        CHECK(size == (endpoint.is_ipv6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in)));
        CHECK(Endpoint(reinterpret_cast<const sockaddr*>(&storage)) == endpoint);
    }
    sockaddr_storage storage{};
    CHECK_FALSE(Endpoint(reinterpret_cast<const sockaddr*>(&storage)).is_valid());
    CHECK(Endpoint().host().empty());
}

TEST_CASE("endpoints know what kind of address they are") {
    CHECK(Endpoint::from("127.8.9.1", 1)->is_loopback());
    CHECK(Endpoint::from("::1", 1)->is_loopback());
    CHECK_FALSE(Endpoint::from("192.0.2.1", 1)->is_loopback());
    CHECK(Endpoint::from("0.0.0.0", 1)->is_any());
    CHECK(Endpoint::from("::", 1)->is_any());
    CHECK_FALSE(Endpoint::from("::1", 1)->is_any());
    CHECK_FALSE(Endpoint().is_any());
    CHECK_FALSE(Endpoint().is_loopback());
}

TEST_CASE("RFC 6177 2: a site is an address whatever the port, in IPv6 a /64") {
    const auto site = [](const char* host, std::uint16_t port) {
        return Endpoint::from(host, port)->site_hash(7);
    };
    CHECK(site("192.0.2.1", 1) == site("192.0.2.1", 2));
    CHECK(site("192.0.2.1", 1) != site("192.0.2.2", 1));
    CHECK(site("2001:db8::1", 1) == site("2001:db8::ffff:0:0:2", 2));
    CHECK(site("2001:db8::1", 1) != site("2001:db8:0:1::1", 1));
    CHECK(Endpoint::from("192.0.2.1", 1)->site_hash(8) != site("192.0.2.1", 1));
}

TEST_CASE("hosts are compared without ports") {
    CHECK(same_host(*Endpoint::from("192.0.2.1", 1), *Endpoint::from("192.0.2.1", 2)));
    CHECK_FALSE(same_host(*Endpoint::from("192.0.2.1", 1), *Endpoint::from("192.0.2.2", 1)));
    CHECK_FALSE(same_host(*Endpoint::from("::", 1), *Endpoint::from("0.0.0.0", 1)));
}

TEST_CASE("RFC 3261 20.42, RFC 7118: transports by name") {
    for (const Protocol protocol :
         {Protocol::udp, Protocol::tcp, Protocol::tls, Protocol::ws, Protocol::wss}) {
        CHECK(protocol_of(via_name(protocol)) == protocol);
        CHECK(protocol_of(uri_name(protocol)) == protocol);
        CHECK(is_reliable(protocol) == (protocol != Protocol::udp));
    }
    CHECK(via_name(Protocol::wss) == "WSS");
    CHECK(protocol_of("sctp") == std::nullopt);
}

}  // namespace herald::sip::endpoint_test
