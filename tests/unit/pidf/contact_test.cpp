// tests/unit/pidf/contact_test.cpp: which contacts mean the same.
#include "pidf/contact.h"

#include <doctest/doctest.h>

namespace herald::pidf::contact_test {

TEST_CASE("RFC 3261 19.1.4: equivalent SIP URIs have one spelling") {
    CHECK(normalised_contact("SIP:alice@AtLanTa.CoM;Transport=TCP") ==
          normalised_contact("sip:%61lice@atlanta.com;transport=tcp"));
    CHECK(normalised_contact("sip:carol@chicago.com;newparam=5;security=on") ==
          normalised_contact("sip:carol@chicago.com;security=on;newparam=5"));
    CHECK(normalised_contact("  sip:a%2fb@x ") == "sip:a%2Fb@x");
    CHECK(normalised_contact("sip:bo%62@x") == "sip:bob@x");
}

TEST_CASE("RFC 3261 19.1.4: what differs stays different") {
    CHECK(normalised_contact("SIP:ALICE@AtLanTa.CoM") !=
          normalised_contact("sip:alice@atlanta.com"));
    CHECK(normalised_contact("sip:bob@biloxi.com") !=
          normalised_contact("sip:bob@biloxi.com:5060"));
    CHECK(normalised_contact("sip:bob@biloxi.com") != normalised_contact("sips:bob@biloxi.com"));
    CHECK(normalised_contact("sip:bob@x?a=1") != normalised_contact("sip:bob@x?a=2"));
    CHECK(normalised_contact("sip:a%40b@x") != normalised_contact("sip:a@b@x"));
}

TEST_CASE("a contact escaped as a whole is understood (sipsimple)") {
    CHECK(normalised_contact("sip%3Aalice%40example.test") == "sip:alice@example.test");
    CHECK(normalised_contact("alice%40example.test") == "alice%40example.test");
}

TEST_CASE("RFC 3966 4: visual separators of a telephone number do not count") {
    CHECK(normalised_contact("tel:+1-201-(555).0123") == "tel:+12015550123");
}

TEST_CASE("other URIs and what is none are left alone but for the scheme") {
    CHECK(normalised_contact("MAILTO:Bo@EX.org") == "mailto:Bo@ex.org");
    CHECK(normalised_contact("http://X/Y?z") == "http://X/Y?z");
    CHECK(normalised_contact("") == "");
    CHECK(normalised_contact("%") == "%");
    CHECK(normalised_contact("sip:") == "sip:");
    CHECK(normalised_contact("sip:@;;?@") == "sip:@?@");
}

TEST_CASE("RFC 4479 3.4: device ids compare as URNs") {
    CHECK(normalised_device_id("URN:UUID:AB12") == "urn:uuid:ab12");
    CHECK(normalised_device_id(" urn:X-Dev:AbC ") == "urn:x-dev:AbC");
    CHECK(normalised_device_id("mac:AbC") == "mac:AbC");
}

}  // namespace herald::pidf::contact_test
