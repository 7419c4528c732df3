// tests/unit/server/provisioning/device_model_test.cpp: what devices say of themselves, taken
// apart.
#include "server/provisioning/device_model.h"

#include <string>

#include <doctest/doctest.h>

namespace herald::server::device_model_test {
namespace {

std::string told(std::string_view user_agent) {
    const auto model = model_of(user_agent);
    return model.vendor + "|" + model.model + "|" + model.version;
}

TEST_CASE("a User-Agent tells vendor, model and version in each vendor's way") {
    CHECK(told("snom720/8.7.5.35") == "snom|snom720|8.7.5.35");
    CHECK(told("snomD785/10.1.64.14") == "snom|snomD785|10.1.64.14");
    CHECK(told("Yealink SIP-T42G 29.71.0.120") == "Yealink|SIP-T42G|29.71.0.120");
    CHECK(told("Grandstream GXP2160 1.0.7.25") == "Grandstream|GXP2160|1.0.7.25");
    CHECK(told("PolycomVVX-VVX_410-UA/5.4.1.18405") == "Polycom|VVX_410|5.4.1.18405");
    CHECK(told("Cisco/SPA504G-7.4.9c") == "Cisco|SPA504G|7.4.9c");
    CHECK(told("Linksys/SPA942-6.1.5(a)") == "Linksys|SPA942|6.1.5(a)");
    CHECK(told("Aastra 6757i/3.3.1.4305") == "Aastra|6757i|3.3.1.4305");
    CHECK(told("Fanvil X4") == "Fanvil|X4|");
    CHECK(told("") == "||");
    CHECK(told("/ /") == "||");
    CHECK(told("Cisco/SPA") == "Cisco|SPA|");
}

TEST_CASE("a version is older by its first number that is less") {
    CHECK(is_older("8.7.5.35", "10.1"));
    CHECK(is_older("10.1.64.14", "10.1.64.15"));
    CHECK(is_older("10.1", "10.1.0"));
    CHECK(is_older("7.4.9c", "7.5"));
    CHECK_FALSE(is_older("10.1.64.14", "10.1.64.14"));
    CHECK_FALSE(is_older("10.1.0", "10.1"));
    CHECK_FALSE(is_older("29.71.0.120", "29.9"));
    CHECK_FALSE(is_older("", "1"));
    CHECK_FALSE(is_older("beta", "1"));
    CHECK_FALSE(is_older("1", ""));
    CHECK(is_older("1", "99999999999999999999"));
}

TEST_CASE("RFC 4122 4.1.6: a MAC address is read from an instance that is made of one") {
    CHECK(mac_of("urn:uuid:01234567-89ab-1def-8123-0004132A3B4C") == "0004132a3b4c");
    CHECK(mac_of("URN:UUID:01234567-89ab-1def-8123-0004132a3b4c") == "0004132a3b4c");
    CHECK(mac_of("urn:uuid:01234567-89ab-1def-8123-0104132a3b4c").empty());
    CHECK(mac_of("urn:uuid:01234567-89ab-4def-8123-0004132a3b4c").empty());
    CHECK(mac_of("urn:uuid:01234567-89ab-1def-8123-00041zz2a3b4").empty());
    CHECK(mac_of("urn:uuid:1").empty());
    CHECK(mac_of("").empty());
}

}  // namespace
}  // namespace herald::server::device_model_test
