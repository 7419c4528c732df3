// tests/unit/packages/registration_test.cpp: a binding as the store keeps it.
#include "packages/registration.h"

#include <doctest/doctest.h>

namespace herald::packages::registration_test {

TEST_CASE("a binding comes back from its text as it was") {
    Binding binding;
    binding.contact = "sip:alice@192.0.2.1:5070;transport=tcp";
    binding.display_name = R"(Alice \"A\")";
    binding.parameters = {"q=0.5", "+sip.instance=\"<urn:uuid:1>\"", "methods=\"A, B\"", "flag"};
    binding.instance = "urn:uuid:1";
    binding.reg_id = 4294967295U;
    binding.path = "<sip:a;lr>, <sip:b;lr>";
    binding.flow = "udp 0 192.0.2.1:5060";
    binding.user_agent = "Phone 1.0 (with blanks)";
    binding.created = base::WallTime(std::chrono::milliseconds(1'800'000'000'123));
    binding.first_cseq = 7;
    binding.former = {{"a@b", 4294967295U, base::WallTime(std::chrono::milliseconds(5))}};

    const auto read = binding_from_text(to_text(binding));

    REQUIRE(read);
    CHECK(read->contact == binding.contact);
    CHECK(read->display_name == binding.display_name);
    CHECK(read->parameters == binding.parameters);
    CHECK(read->instance == binding.instance);
    CHECK(read->reg_id == binding.reg_id);
    CHECK(read->path == binding.path);
    CHECK(read->flow == binding.flow);
    CHECK(read->user_agent == binding.user_agent);
    CHECK(read->created == binding.created);
    CHECK(read->first_cseq == binding.first_cseq);
    REQUIRE(read->former.size() == 1);
    CHECK(read->former[0].call_id == "a@b");
    CHECK(read->former[0].cseq == 4294967295U);
    CHECK(read->former[0].until == binding.former[0].until);
}

TEST_CASE("what is no binding is a fault") {
    for (const auto* text :
         {"", "contact", "contact \n", "contact sip:a\nreg-id x\n", "contact sip:a\ncolour blue\n",
          "reg-id 1\n", "contact sip:a\nreg-id 4294967296\n",
          "contact sip:a\ncreated 16913405945437760106\n", "contact sip:a\nformer 1 x a\n",
          "contact sip:a\nformer\n"}) {
        CAPTURE(text);
        const auto read = binding_from_text(text);
        REQUIRE_FALSE(read);
        CHECK(read.fault().kind == FaultKind::malformed);
    }
}

TEST_CASE("parameters are found by name, in any case") {
    Binding binding;
    binding.parameters = {"Q=0.5", "flag"};

    CHECK(parameter(binding, "q") == "0.5");
    CHECK(parameter(binding, "flag") == "");
    CHECK_FALSE(parameter(binding, "methods"));
}

}  // namespace herald::packages::registration_test
