// tests/unit/server/message/dispositions_test.cpp: which notifications come by way of this server,
// and where they go (RFC 5438 8).
#include "server/message/dispositions.h"

#include <doctest/doctest.h>

namespace herald::server::dispositions_test {
namespace {

struct Routed {
    std::string uri = "sip:localhost";
    std::string routes;  ///< lines, each ended by CRLF
    std::string to = "To: <im:alice@localhost>\r\n";
    std::string content_type = "message/imdn+xml";
    std::string type = "message/cpim";

    std::optional<RoutedNotification> of() const {
        const std::string body = "From: <im:bob@localhost>\r\n" + to +
                                 "NS: i <urn:ietf:params:imdn>\r\n" + routes +
                                 "\r\nContent-type: " + content_type + "\r\n\r\n<imdn/>";
        std::string text = "MESSAGE " + uri +
                           " SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1\r\n"
                           "From: <sip:bob@localhost>;tag=b\r\nTo: <" +
                           uri + ">\r\nCall-ID: c\r\nCSeq: 1 MESSAGE\r\nContent-Type: " + type +
                           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        const auto parsed = sip::parse(text, sip::Framing::datagram);
        REQUIRE(parsed.error == sip::ParseOutcome::Error::none);
        const auto asked = sip::parse_uri(parsed.message.request_uri());
        REQUIRE(asked);
        return routed_notification(parsed.message, *asked,
                                   Domains({"localhost", "example.com"}, {}));
    }
};

TEST_CASE("RFC 5438 8: every route of our own is taken off, the next one decides") {
    const auto next = Routed{.routes =
                                 "i.IMDN-Route: <sip:localhost>\r\n"
                                 "i.IMDN-Route: Us <sip:example.com;lr>\r\n"
                                 "i.IMDN-Route: <im:carol@example.net>\r\n"
                                 "i.IMDN-Route: <sip:localhost>\r\n"}
                          .of();
    REQUIRE(next);
    CHECK(next->recipient == "sip:carol@example.net");
    CHECK(next->body.find("Us <sip") == std::string::npos);
    CHECK(next->body.find("i.IMDN-Route: <im:carol@example.net>\r\n"
                          "i.IMDN-Route: <sip:localhost>\r\n") != std::string::npos);
}

TEST_CASE(
    "RFC 5438 8: where the route ends, the user addressed comes before the one named inside") {
    const std::string own = "i.IMDN-Route: <sip:localhost>\r\n";
    CHECK(Routed{.routes = own}.of()->recipient == "sip:alice@localhost");
    CHECK(Routed{.uri = "sip:carol@localhost", .routes = own}.of()->recipient ==
          "sip:carol@localhost");
    CHECK_FALSE(Routed{.routes = own, .to = ""}.of());
    CHECK_FALSE(Routed{.routes = own, .to = "To: <tel:+1555>\r\n"}.of());
}

TEST_CASE("RFC 5438 8: what is not ours to route is left alone") {
    const std::string own = "i.IMDN-Route: <sip:localhost>\r\n";
    CHECK_FALSE(Routed{}.of());
    CHECK_FALSE(Routed{.routes = "i.IMDN-Route: <sip:example.net>\r\n" + own}.of());
    CHECK_FALSE(Routed{.routes = "i.IMDN-Route: <sip:bob@localhost>\r\n"}.of());
    CHECK_FALSE(Routed{.routes = "i.IMDN-Route: nonsense\r\n"}.of());
    CHECK_FALSE(Routed{.routes = own + "i.IMDN-Route: <http://localhost/>\r\n"}.of());
    CHECK_FALSE(Routed{.routes = own, .content_type = "text/plain"}.of());
    CHECK_FALSE(Routed{.routes = own, .type = "message/imdn+xml"}.of());
}

}  // namespace
}  // namespace herald::server::dispositions_test
