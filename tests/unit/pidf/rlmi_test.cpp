// tests/unit/pidf/rlmi_test.cpp: whom a notification of a list tells about (RFC 4662 5).
#include "pidf/rlmi.h"

#include <doctest/doctest.h>

namespace herald::pidf::rlmi_test {

TEST_CASE("RFC 4662 5.2: a list, its resources and their instances") {
    const auto list = parse_resource_list(
        "<?xml version=\"1.0\"?><list xmlns=\"urn:ietf:params:xml:ns:rlmi\" "
        "uri=\"sip:lamps@pbx\" version=\"7\" fullState=\"false\"><name xml:lang=\"en\">All</name>"
        "<resource uri=\"sip:100@pbx\"><instance id=\"a\" state=\"Active\" cid=\"one@pbx\"/>"
        "</resource><resource uri=\"sip:101@pbx\"><instance id=\"b\" state=\"terminated\" "
        "reason=\"rejected\"/></resource><resource uri=\"sip:102@pbx\"/></list>");
    REQUIRE(list);
    CHECK(list->uri == "sip:lamps@pbx");
    CHECK(list->version == 7);
    CHECK(!list->is_full);
    REQUIRE(list->resources.size() == 3);
    CHECK(list->resources[0].instances.at(0).state == "active");
    CHECK(list->resources[0].instances.at(0).content_id == "one@pbx");
    CHECK(list->resources[1].instances.at(0).reason == "rejected");
    CHECK(list->resources[2].instances.empty());
}

TEST_CASE("RFC 4662 5.2: fullState is true as XML Schema writes it") {
    const auto with = [](const std::string& value) {
        return parse_resource_list(
                   "<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"sip:l@p\" "
                   "version=\"0\"" +
                   value + "/>")
            ->is_full;
    };
    CHECK(with(" fullState=\"true\""));
    CHECK(with(" fullState=\"1\""));
    CHECK(!with(" fullState=\"0\""));
    CHECK(with(""));
}

TEST_CASE("what is no list is refused, with its place") {
    const auto other = parse_resource_list("<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"/>");
    REQUIRE(!other);
    CHECK(other.fault().kind == FaultKind::malformed);
    CHECK(other.fault().detail.find("line 1") != std::string::npos);
    CHECK(!parse_resource_list("<list xmlns=\"urn:ietf:params:xml:ns:rlmi\"><resource/></list>"));
}

TEST_CASE("a list of more than is wanted is refused") {
    std::string body = "<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"sip:l@p\" version=\"0\">";
    for (std::size_t i = 0; i <= kMostListed; ++i) body += "<resource uri=\"sip:a@p\"/>";
    const auto list = parse_resource_list(body + "</list>");
    REQUIRE(!list);
    CHECK(list.fault().kind == FaultKind::too_large);
}

}  // namespace herald::pidf::rlmi_test
