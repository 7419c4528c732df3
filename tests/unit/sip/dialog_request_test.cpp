// tests/unit/sip/dialog_request_test.cpp: Request-URI, Route and head of a request within a dialog.
#include "sip/dialog_request.h"

#include <string>

#include <doctest/doctest.h>

namespace herald::sip::dialog_request_test {
namespace {

/// What read_routes() makes of `headers`, or the fault in parentheses.
std::string routes_of(const std::string& headers, RouteOrder order = RouteOrder::as_written) {
    std::string text =
        "SUBSCRIBE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@h>;tag=1\r\n"
        "To: <sip:b@h>\r\nCall-ID: 1\r\nCSeq: 1 SUBSCRIBE\r\n" +
        headers + "\r\n";
    const ParseResult result = parse(std::span<char>(text), Framing::datagram);
    REQUIRE(result.error == ParseOutcome::Error::none);
    const auto routes = read_routes(result.message, Header::record_route, order);
    return routes ? *routes : "(" + routes.fault().detail + ")";
}

}  // namespace

TEST_CASE("RFC 3261 12.1.1, 12.1.2: a route set is one text, ready to be sent") {
    CHECK(routes_of("") == "");
    CHECK(routes_of("Record-Route:\r\n") == "");
    CHECK(routes_of("Record-Route: <sip:a;lr>\r\nRecord-Route: <sip:b:5070;lr>;x=1\r\n") ==
          "<sip:a;lr>, <sip:b:5070;lr>;x=1");
    CHECK(routes_of("Record-Route: <sip:a;lr> , \"B, <b>\" <sip:b>\r\n", RouteOrder::reversed) ==
          "<sip:b>, <sip:a;lr>");
}

TEST_CASE("RFC 3261 20.30: a route is a name-addr with a SIP URI") {
    CHECK(routes_of("Record-Route: sip:a;lr\r\n") == "(Malformed route)");
    CHECK(routes_of("Record-Route: garbage\r\n") == "(Malformed route)");
    CHECK(routes_of("Record-Route: <sip:a;lr>, <\r\n") == "(Malformed route)");
    CHECK(routes_of("Record-Route: <tel:+4712345678>\r\n") == "(Route without SIP URI)");
    CHECK(routes_of("Record-Route: <nothing>\r\n") == "(Route without SIP URI)");
}

TEST_CASE("RFC 3261 12.2.1.1: loose and strict routing") {
    struct Row {
        const char *target, *routes;
        const char *uri, *route, *next_hop;
    };
    const Row rows[] = {
        {"sip:u@h", "", "sip:u@h", "", "sip:u@h"},
        {"sip:u@h", "<sip:a;lr>", "sip:u@h", "Route: <sip:a;lr>\r\n", "sip:a;lr"},
        {"sip:u@h", "<sip:a;LR=on>;x, <sip:b>", "sip:u@h", "Route: <sip:a;LR=on>;x, <sip:b>\r\n",
         "sip:a;LR=on"},
        {"sip:u@h", "<sip:a>", "sip:a", "Route: <sip:u@h>\r\n", "sip:a"},
        {"sip:u@h", "<sip:a>;x=\"1,2\", <sip:b;lr>", "sip:a", "Route: <sip:b;lr>, <sip:u@h>\r\n",
         "sip:a"},
        // Not a parameter of the URI, and not `lr`.
        {"sip:u@h", "<sip:a>;lr", "sip:a", "Route: <sip:u@h>\r\n", "sip:a"},
        {"sip:u@h", "<sip:a;lrx>", "sip:a;lrx", "Route: <sip:u@h>\r\n", "sip:a;lrx"},
        {"sip:u@h", "<sip:x;lr@a>", "sip:x;lr@a", "Route: <sip:u@h>\r\n", "sip:x;lr@a"},
        // 19.1.5: headers and method never reach a Request-URI.
        {"sip:u@h;method=INVITE;x?Subject=y", "", "sip:u@h;x", "",
         "sip:u@h;method=INVITE;x?Subject=y"},
        {"sip:u@h?Route=y", "<sip:a?Via=z>", "sip:a", "Route: <sip:u@h>\r\n", "sip:a?Via=z"},
        // What an earlier release kept and cannot be read stays where it is.
        {"sip:u@h", "garbage", "sip:u@h", "", "sip:u@h"},
        {"sip:u@h", "<garbage>", "sip:u@h", "Route: <garbage>\r\n", "garbage"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.target);
        CAPTURE(row.routes);
        const Routing routing = routing_of(row.target, row.routes);
        std::string start, route;
        append_start_line(start, "NOTIFY", routing);
        append_route_line(route, routing);

        CHECK(start == "NOTIFY " + std::string(row.uri) + " SIP/2.0\r\n");
        CHECK(request_uri_of(routing) == row.uri);
        CHECK(route == row.route);
        CHECK(routing.next_hop == row.next_hop);
    }
}

TEST_CASE("RFC 3261 12.2.1.1: the head of a request within a dialog") {
    DialogRequest request{.method = Method::notify,
                          .remote_target = "sip:u@h",
                          .routes = "<sip:a;lr>",
                          .from = "\"Bob\" <sip:bob@example.com>",
                          .from_tag = "ours",
                          .to = "<sip:alice@example.com>",
                          .to_tag = "theirs",
                          .call_id = "call",
                          .cseq = 7};
    std::string out;
    append_head(out, request, "Via: SIP/2.0/UDP us;branch=z9hG4bK1\r\n");
    CHECK(out ==
          "NOTIFY sip:u@h SIP/2.0\r\n"
          "Via: SIP/2.0/UDP us;branch=z9hG4bK1\r\n"
          "Max-Forwards: 70\r\n"
          "Route: <sip:a;lr>\r\n"
          "From: \"Bob\" <sip:bob@example.com>;tag=ours\r\n"
          "To: <sip:alice@example.com>;tag=theirs\r\n"
          "Call-ID: call\r\n"
          "CSeq: 7 NOTIFY\r\n");
}

TEST_CASE("RFC 3261 7.3.3, 8.1.1: the head in compact form, and outside a dialog") {
    std::string out;
    append_head(out,
                {.method = Method::subscribe,
                 .remote_target = "sip:u@h",
                 .from = "<sip:b@h>;tag=1",
                 .to = "<sip:u@h>",
                 .call_id = "c",
                 .cseq = 1,
                 .is_compact = true},
                "Via: x\r\n");
    CHECK(out ==
          "SUBSCRIBE sip:u@h SIP/2.0\r\nVia: x\r\nMax-Forwards: 70\r\nf: <sip:b@h>;tag=1\r\n"
          "t: <sip:u@h>\r\ni: c\r\nCSeq: 1 SUBSCRIBE\r\n");
}

}  // namespace herald::sip::dialog_request_test
