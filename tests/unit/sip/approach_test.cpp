// tests/unit/sip/approach_test.cpp: where requests to a device go, row by row.
#include "sip/approach.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/fake_transport.h"

namespace herald::sip::approach_test {
namespace {

struct Row {
    const char* what;
    const char* via;  ///< all of them
    const char* source;
    const char* contact;
    Approach approach;
    Protocol protocol = Protocol::udp;
    const char* routes = "";
    bool is_contact_ours = false;
    bool has_outbound = false;
    bool is_rport_forced = false;
};

Approach approach_for(const Row& row) {
    std::string text = "SUBSCRIBE sip:b@h SIP/2.0\r\nVia: " + std::string(row.via) +
                       "\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: 1\r\n"
                       "CSeq: 1 SUBSCRIBE\r\n\r\n";
    const ParseResult result = parse(std::span<char>(text), Framing::datagram);
    REQUIRE(result.error == ParseOutcome::Error::none);
    const Flow flow{.peer = test::endpoint(row.source, 40000), .protocol = row.protocol};
    const auto contact = parse_uri(row.contact);
    return approach_of({.request = result.message,
                        .flow = flow,
                        .contact = contact ? &*contact : nullptr,
                        .routes = row.routes,
                        .is_contact_ours = row.is_contact_ours,
                        .has_outbound = row.has_outbound,
                        .is_rport_forced = row.is_rport_forced});
}

void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(name_of(approach_for(row)) == name_of(row.approach));
    }
}

const Flow kUdp{.peer = test::endpoint("192.0.2.10", 40000)};
const Flow kTcp{.peer = test::endpoint("192.0.2.10", 40000), .protocol = Protocol::tcp, .slot = 1};

std::string text_of(const std::vector<Leg>& legs) {
    std::string text;
    for (const Leg& leg : legs) {
        if (!text.empty()) text += " then ";
        text += leg.flow ? "flow" : leg.uri;
    }
    return text;
}

}  // namespace

TEST_CASE("RFC 3261 12.2.1.1, 3581: one Via, no route") {
    constexpr auto kVia = "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK1";
    constexpr auto kRport = "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK1;rport";
    constexpr auto kInside = "SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bK1;rport";
    constexpr auto kNamed = "SIP/2.0/UDP phone.lan;branch=z9hG4bK1";
    check({
        {"a passing port, no rport", kVia, "192.0.2.10", "sip:x@192.0.2.10:5060",
         Approach::contact},
        {"rport asked for", kRport, "192.0.2.10", "sip:x@192.0.2.10:5060", Approach::flow},
        {"rport forced by the operator", kVia, "192.0.2.10", "sip:x@192.0.2.10:5060",
         Approach::flow, Protocol::udp, "", false, false, true},
        {"a Contact elsewhere, no rport", kVia, "192.0.2.10", "sip:x@192.0.2.77",
         Approach::contact},
        {"behind a NAT, private Contact", kInside, "192.0.2.10", "sip:x@10.0.0.5:5060",
         Approach::flow_alone},
        {"behind a NAT, private Contact, named Via", kNamed, "192.0.2.10", "sip:x@10.0.0.5",
         Approach::flow_alone},
        {"behind a NAT, public Contact", "SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK1", "192.0.2.10",
         "sip:x@198.51.100.7", Approach::flow},
        {"private and not behind a NAT", "SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK1", "10.0.0.5",
         "sip:x@10.0.0.5:5070", Approach::contact},
        {"all on one machine", "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1", "127.0.0.2",
         "sip:x@127.0.0.3", Approach::contact},
        {"a Contact on another machine's loopback", kVia, "192.0.2.10", "sip:x@127.0.0.1",
         Approach::flow_alone},
        {"a name in Via and Contact", kNamed, "192.0.2.10", "sip:x@phone.lan", Approach::contact},
        {"a stream, whatever the Contact", "SIP/2.0/TCP 192.0.2.10;branch=z9hG4bK1", "192.0.2.10",
         "sip:x@192.0.2.77", Approach::flow, Protocol::tcp},
        {"a stream from behind a NAT", "SIP/2.0/TCP 10.0.0.5;branch=z9hG4bK1", "192.0.2.10",
         "sip:x@10.0.0.5;transport=tcp", Approach::flow_alone, Protocol::tcp},
        {"a browser", "SIP/2.0/WS abc.invalid;branch=z9hG4bK1", "192.0.2.10",
         "sip:x@abc.invalid;transport=ws", Approach::flow_alone, Protocol::ws},
        {"INVALID on UDP", kVia, "192.0.2.10", "sip:x@abc.INVALID", Approach::flow_alone},
        {"RFC 5626", "SIP/2.0/TCP 192.0.2.10;branch=z9hG4bK1", "192.0.2.10", "sip:x@192.0.2.77",
         Approach::flow_alone, Protocol::tcp, "", false, true},
        {"a GRUU of ours", kRport, "192.0.2.10", "sip:alice@example.com;gr=urn:uuid:1",
         Approach::gruu, Protocol::udp, "", true},
        {"a GRUU over a stream", "SIP/2.0/TCP 192.0.2.10;branch=z9hG4bK1", "192.0.2.10",
         "sip:alice@example.com;gr=urn:uuid:1", Approach::gruu, Protocol::tcp, "", true},
        {"a Contact that is no URI", kVia, "192.0.2.10", "nothing", Approach::flow_alone},
    });
}

TEST_CASE("RFC 3261 12.2.1.1: a proxy between that did not record itself") {
    constexpr auto kProxy = "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK2, ";
    const auto behind = [&](const char* own) { return std::string(kProxy) + own; };
    const auto plain = behind("SIP/2.0/UDP 192.0.2.77;branch=z9hG4bK1");
    const auto nat = behind("SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK1;received=198.51.100.7");
    const auto inside = behind("SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK1");
    const auto same = behind("SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK1;received=10.0.0.5;rport=5060");
    check({
        {"reachable", plain.c_str(), "192.0.2.9", "sip:x@192.0.2.77", Approach::contact},
        {"behind the proxy's NAT", nat.c_str(), "192.0.2.9", "sip:x@10.0.0.5",
         Approach::flow_alone},
        {"behind the proxy's NAT, public Contact", nat.c_str(), "192.0.2.9",
         "sip:x@198.51.100.7:40000", Approach::contact},
        {"in the proxy's network", inside.c_str(), "192.0.2.9", "sip:x@10.0.0.5",
         Approach::contact},
        {"where the proxy saw it", same.c_str(), "192.0.2.9", "sip:x@10.0.0.5", Approach::contact},
        {"by a stream", plain.c_str(), "192.0.2.9", "sip:x@192.0.2.77", Approach::contact,
         Protocol::tcp},
    });
}

TEST_CASE("RFC 3261 12.2.1.1, 3327 5.4: a route goes before all else") {
    constexpr auto kVia = "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK2;rport";
    check({
        {"a route", kVia, "192.0.2.9", "sip:x@10.0.0.5", Approach::route, Protocol::udp,
         "<sip:e@192.0.2.9;lr>"},
        {"an edge with RFC 5626", kVia, "192.0.2.9", "sip:x@abc.invalid", Approach::route,
         Protocol::tcp, "<sip:e@192.0.2.9;lr;ob>", false, true},
        {"a GRUU behind a route", kVia, "192.0.2.9", "sip:x@example.com;gr", Approach::route,
         Protocol::udp, "<sip:e@192.0.2.9;lr>", true},
    });
}

TEST_CASE("where nothing is to be looked up while the flow carries") {
    for (const auto approach : {Approach::flow, Approach::flow_alone, Approach::gruu}) {
        CHECK(is_flow_first(approach, kUdp));
        CHECK(is_flow_first(approach, kTcp));
    }
    CHECK_FALSE(is_flow_first(Approach::contact, kTcp));
    CHECK_FALSE(is_flow_first(Approach::route, kUdp));
    CHECK(is_flow_first(Approach::route, kTcp));
}

TEST_CASE("a URI among the legs says who named it, a flow needs nobody") {
    Device device{Approach::flow, kUdp, "sip:x@h", ""};
    device.named_by = *Endpoint::from("192.0.2.9", 5060);

    const auto legs = legs_to(device);

    REQUIRE(legs.size() == 2);
    CHECK_FALSE(legs[0].named_by.is_valid());
    CHECK(legs[1].named_by == device.named_by);
}

TEST_CASE("each approach has a name for the store") {
    for (const auto approach : {Approach::flow, Approach::flow_alone, Approach::contact,
                                Approach::route, Approach::gruu}) {
        CHECK(approach_of_name(name_of(approach)) == approach);
    }
    CHECK_FALSE(approach_of_name("").has_value());
    CHECK_FALSE(approach_of_name("flows").has_value());
}

TEST_CASE("the legs of each approach") {
    struct LegRow {
        Approach approach;
        std::optional<Flow> flow;
        const char* legs;
    };
    const LegRow rows[] = {
        {Approach::flow, kUdp, "flow then sip:x@h"},
        {Approach::flow, std::nullopt, "sip:x@h"},
        {Approach::flow_alone, kUdp, "flow"},
        {Approach::flow_alone, std::nullopt, ""},
        {Approach::contact, kUdp, "sip:x@h then flow"},
        {Approach::route, kUdp, "sip:e;lr then flow"},
        {Approach::route, kTcp, "flow then sip:e;lr"},
        {Approach::route, std::nullopt, "sip:e;lr"},
        {Approach::gruu, kUdp, "flow then sip:x@h"},
    };
    for (const LegRow& row : rows) {
        CAPTURE(name_of(row.approach));
        CHECK(text_of(legs_to({row.approach, row.flow, "sip:x@h", "<sip:e;lr>, <sip:f;lr>"})) ==
              row.legs);
    }
}

TEST_CASE("RFC 5627 6.1: a GRUU leads to what its instance registered last") {
    const Device gruu{Approach::gruu, kTcp, "sip:alice@example.com;gr=1", ""};
    const Device newest{Approach::contact, kUdp, "sip:alice@192.0.2.10", ""};

    CHECK(text_of(legs_to(gruu, &newest)) ==
          "flow then sip:alice@192.0.2.10 then flow then sip:alice@example.com;gr=1");
}

}  // namespace herald::sip::approach_test
