// tests/unit/pidf/reginfo_test.cpp: registration information documents (RFC 3680 5).
#include "pidf/reginfo.h"

#include <doctest/doctest.h>

namespace herald::pidf::reginfo_test {
namespace {

std::string document(std::string_view registrations) {
    return "<?xml version=\"1.0\"?>\n<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\""
           " version=\"0\" state=\"full\">" +
           std::string(registrations) + "</reginfo>";
}

}  // namespace

TEST_CASE("RFC 3680 5: a document is written with room for its version and reads back") {
    RegisteredContact contact;
    contact.id = "b1";
    contact.event = ContactEvent::shortened;
    contact.expires = 60;
    contact.duration_registered = 7;
    contact.q = "0.5";
    contact.call_id = "a<b>\"c\"@x";
    contact.cseq = 4;
    contact.uri = "sip:alice@192.0.2.1;a=b&c";
    contact.display_name = "A & B";
    contact.parameters = {{"+sip.instance", "<urn:uuid:1>"}};
    contact.public_gruu = "sip:alice@example.com;gr=urn:uuid:1";
    RegisteredContact gone = contact;
    gone.id = "b2";
    gone.is_active = false;
    gone.event = ContactEvent::probation;
    gone.retry_after = 30;
    const Reginfo reginfo{
        false, {{"sip:alice@example.com", "r1", RegistrationState::active, {contact, gone}}}};

    auto written = to_text(reginfo);
    CHECK(written.text.substr(0, written.version_at).ends_with(" version=\""));
    written.text.insert(written.version_at, "12");
    const auto read = parse_reginfo(written.text);

    REQUIRE(read);
    CHECK_FALSE(read->is_full);
    REQUIRE(read->registrations.size() == 1);
    const auto& registration = read->registrations[0];
    CHECK(registration.aor == "sip:alice@example.com");
    CHECK(registration.state == RegistrationState::active);
    REQUIRE(registration.contacts.size() == 2);
    const auto& first = registration.contacts[0];
    CHECK(first.id == "b1");
    CHECK(first.is_active);
    CHECK(first.event == ContactEvent::shortened);
    CHECK(first.expires == 60);
    CHECK(first.duration_registered == 7);
    CHECK(first.call_id == contact.call_id);
    CHECK(first.cseq == 4);
    CHECK(first.uri == contact.uri);
    CHECK(first.display_name == contact.display_name);
    CHECK(first.parameters == contact.parameters);
    CHECK(first.public_gruu == contact.public_gruu);
    CHECK_FALSE(registration.contacts[1].is_active);
    CHECK(registration.contacts[1].retry_after == 30);
}

TEST_CASE("RFC 3680 5.1: what a document must have is asked for, with its place") {
    const struct {
        std::string_view body, why;
    } wrong[] = {
        {"<a/>", "the root is not reginfo"},
        {"<reginfo", ""},
    };
    for (const auto& [body, why] : wrong) {
        const auto read = parse_reginfo(body);
        REQUIRE_FALSE(read);
        CHECK(read.fault().kind == FaultKind::malformed);
        CHECK(read.fault().detail.find(why) != std::string::npos);
    }
    const std::string open = "<registration aor=\"sip:a@b\" id=\"1\" state=\"active\">";
    const struct {
        std::string body, why;
    } incomplete[] = {
        {"<registration aor=\"sip:a@b\" id=\"1\"/>", "a registration without state"},
        {open + "<contact id=\"1\"><uri>sip:x</uri></contact></registration>",
         "a contact without state"},
        {open + "<contact id=\"1\" state=\"active\"/></registration>", "a contact without uri"},
    };
    for (const auto& [body, why] : incomplete) {
        const auto read = parse_reginfo(document(body));
        REQUIRE_FALSE(read);
        CHECK(read.fault().detail.starts_with("line 2, column "));
        CHECK(read.fault().detail.find(why) != std::string::npos);
    }
}

TEST_CASE("RFC 3680 5: more contacts than anybody has are refused") {
    std::string contacts;
    for (int i = 0; i < 300; ++i)
        contacts +=
            "<contact id=\"" + std::to_string(i) + "\" state=\"active\"><uri>sip:x</uri></contact>";

    const auto read = parse_reginfo(document("<registration aor=\"a\" id=\"1\" state=\"active\">" +
                                             contacts + "</registration>"));

    REQUIRE_FALSE(read);
    CHECK(read.fault().detail.find("too many contacts") != std::string::npos);
}

TEST_CASE("unknown elements, missing events and a missing namespace are forgiven") {
    const auto read = parse_reginfo(
        "<reginfo><x/><registration aor=\"a\" id=\"1\" state=\"terminated\"><y/>"
        "<contact id=\"1\" state=\"terminated\" event=\"odd\"><uri> sip:x </uri><z/></contact>"
        "</registration></reginfo>");

    REQUIRE(read);
    CHECK(read->is_full);
    REQUIRE(read->registrations.size() == 1);
    REQUIRE(read->registrations[0].contacts.size() == 1);
    CHECK(read->registrations[0].contacts[0].event == ContactEvent::unregistered);
    CHECK(read->registrations[0].contacts[0].uri == "sip:x");
}

}  // namespace herald::pidf::reginfo_test
