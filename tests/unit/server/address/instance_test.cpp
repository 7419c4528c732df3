// tests/unit/server/address/instance_test.cpp: instances of devices as Contacts name them.
#include "server/address/instance.h"

#include <doctest/doctest.h>

namespace herald::server::instance_test {
namespace {

std::string instance_in_contact(std::string_view value) {
    const auto contact = sip::parse_name_address(value);
    REQUIRE(contact.has_value());
    return instance_of(*contact);
}

}  // namespace

TEST_CASE("RFC 5626 4.1: an instance is the same with quotes and angle brackets or without") {
    CHECK(instance_in_contact("<sip:a@192.0.2.1>;+sip.instance=\"<urn:uuid:1>\"") == "urn:uuid:1");
    CHECK(instance_in_contact("<sip:a@192.0.2.1>;+sip.instance=\"urn:uuid:1\"") == "urn:uuid:1");
    CHECK(instance_in_contact("<sip:a@192.0.2.1>;+sip.instance=") == "");
    CHECK(instance_in_contact("<sip:a@192.0.2.1>") == "");
    CHECK(instance_in("\"<urn:uuid:1>\"") == "urn:uuid:1");
    CHECK(instance_in("urn:uuid:1") == "urn:uuid:1");
    CHECK(instance_in("<>") == "");
    CHECK(instance_in("<") == "<");
}

TEST_CASE("RFC 4122 3: instances are compared whole and in any case") {
    CHECK(is_same_instance("urn:uuid:AB", "urn:uuid:ab"));
    CHECK_FALSE(is_same_instance("urn:uuid:1", "urn:uuid:12"));
}

}  // namespace herald::server::instance_test
