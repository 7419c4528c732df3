// tests/unit/packages/registration_document_test.cpp: what watchers are told of bindings, whatever
// the devices wrote.
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "packages/package.h"
#include "packages/registration.h"
#include "pidf/reginfo.h"

namespace herald::packages::registration_document_test {
namespace {

std::string document_of(const Binding& binding) {
    const Input input{.source = "b1", .rank = Rank::registration, .document = &binding};
    const base::WallTime now{std::chrono::seconds(1'800'000'000)};
    const View view{"application/reginfo+xml", "sip:alice@example.com"};
    return find("reg")->compose({"sip:alice@example.com", {&input, 1}, now}, view).document.body;
}

std::string contact_told(std::string_view contact) {
    Binding binding;
    binding.contact = contact;
    const auto reginfo = pidf::parse_reginfo(document_of(binding));
    REQUIRE(reginfo);
    return reginfo->registrations.front().contacts.front().uri;
}

TEST_CASE("XML 1.0 2.2: whatever bytes a device registers with, the document is well-formed") {
    Binding binding;
    binding.contact = "sip:alice@192.0.2.1";
    binding.call_id = "a\x01\xff\xc3";
    binding.display_name = "\x1b[2J\xed\xa0\x80";
    binding.parameters = {"x\x02=\"\x03\xfe\""};

    const auto reginfo = pidf::parse_reginfo(document_of(binding));

    REQUIRE(reginfo);
    CHECK(reginfo->registrations.front().contacts.front().call_id ==
          "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("RFC 8599 4.1: push credentials are told to nobody, and a user part is no parameter") {
    CHECK(contact_told("sip:a@h;pn-prid=s;transport=tcp;pn-param=t?x=1") ==
          "sip:a@h;transport=tcp?x=1");
    CHECK(contact_told("sip:h;pn-prid=s?x=a@b") == "sip:h?x=a@b");
    CHECK(contact_told("sip:a;pn-prid=s@h;pn-prid=t") == "sip:a;pn-prid=s@h");
    CHECK(contact_told("sip:a?b@h;pn-prid=t") == "sip:a?b@h");
}

}  // namespace
}  // namespace herald::packages::registration_document_test
