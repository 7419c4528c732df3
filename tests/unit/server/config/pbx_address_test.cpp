// tests/unit/server/config/pbx_address_test.cpp: how an operator names a PBX.
#include "server/config/pbx_address.h"

#include <doctest/doctest.h>

namespace herald::server::pbx_address_test {

TEST_CASE("a PBX is a name and the address of a SIP server, with credentials or without") {
    const auto pbx = parse_pbx("asterisk  sip:192.0.2.5:5070 herald secret");
    REQUIRE(pbx.has_value());
    CHECK(pbx->name == "asterisk");
    CHECK(pbx->uri == "sip:192.0.2.5:5070");
    CHECK(pbx->username == "herald");
    CHECK(pbx->password == "secret");
    CHECK(to_string(*pbx) == "asterisk sip:192.0.2.5:5070 herald secret");
    for (const char* good : {"a sip:pbx.example.com", "a SIP:[2001:db8::5]:5060", "a sip:[::1]",
                             "a sip:192.0.2.5;transport=tcp", "a_b-1 sip:my_pbx:1"})
        CHECK_MESSAGE(parse_pbx(good).has_value(), good);
    for (const char* bad : {"", "asterisk", "a sip:h user", "a.b sip:h", "a sips:h", "a h",
                            "a sip:", "a sip:user@h", "a sip:h:0", "a sip:h:65536", "a sip:h:x",
                            "a sip:h?x=y", "a sip:[::1", "a sip:[x]", "a <sip:h>", "a sip:-h"})
        CHECK_MESSAGE(!parse_pbx(bad), bad);
}

TEST_CASE("a PBX is found by its name") {
    const std::vector<PbxAddress> pbxs{{"office", "sip:192.0.2.5", {}, {}}};
    REQUIRE(pbx_named(pbxs, "office") == &pbxs.front());
    CHECK(pbx_named(pbxs, "asterisk") == nullptr);
}

}  // namespace herald::server::pbx_address_test
