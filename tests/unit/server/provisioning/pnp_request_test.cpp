// tests/unit/server/provisioning/pnp_request_test.cpp: what phones ask the PnP group, as each
// vendor writes it.
#include "server/provisioning/pnp_request.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/support/fake_transport.h"

namespace herald::server::pnp_request_test {
namespace {

struct Asking {
    std::string uri = "sip:MAC%3a000413231B1C@224.0.1.75";
    std::string event =
        "ua-profile;profile-type=\"device\";vendor=\"snom\";model=\"snomD785\";"
        "version=\"10.1.64.14\"";
    std::string method = "SUBSCRIBE";
    std::string lines = "Accept: application/url\n";
    std::string contact = "<sip:192.0.2.10:2051>";

    Result<PnpRequest> read() {
        text = test::wire(method + " " + uri + " SIP/2.0\n" +
                          "Via: SIP/2.0/UDP 192.0.2.10:2051;branch=1234;rport\n"
                          "From: <" +
                          uri + ">\nTo: <" + uri + ">\n" + "Call-ID: 1\nCSeq: 1 " + method +
                          "\nExpires: 0\n" + (event.empty() ? "" : "Event: " + event + "\n") +
                          (contact.empty() ? "" : "Contact: " + contact + "\n") + lines +
                          "Content-Length: 0\n\n");
        const auto parsed = sip::parse({text.data(), text.size()}, sip::Framing::datagram);
        REQUIRE(parsed.error == sip::ParseOutcome::Error::none);
        return read_pnp_request(parsed.message);
    }
    FaultKind why() {
        const auto request = read();
        REQUIRE_FALSE(request.has_value());
        return request.fault().kind;
    }

    std::string text;
};

TEST_CASE("RFC 6080 6.2: who a phone is stands in its Request-URI and its Event") {
    const auto request = Asking().read();
    REQUIRE(request.has_value());
    CHECK(request->mac == "000413231b1c");
    CHECK(request->vendor == "snom");
    CHECK(request->model == "snomD785");
    CHECK(request->version == "10.1.64.14");
    CHECK(request->contact == "sip:192.0.2.10:2051");
    CHECK(request->event == Asking().event);
}

TEST_CASE("vendors write the MAC address in several ways") {
    for (const auto* user :
         {"MAC%3a000413231B1C", "MAC%3A000413231b1c", "mac:000413231B1C", "000413231B1C",
          "MAC%3a00%3A04%3a13%3a23%3a1B%3a1C", "00-04-13-23-1b-1c"}) {
        CAPTURE(user);
        const auto request = Asking{.uri = std::string("sip:") + user + "@224.0.1.75"}.read();
        REQUIRE(request.has_value());
        CHECK(request->mac == "000413231b1c");
    }
    for (const auto* agent : {"Acme 7 (MAC=000413231B1C)", "snomD785/10.1.64.14 000413231B1C",
                              "Other 1.2 00:04:13:23:1b:1c"}) {
        CAPTURE(agent);
        const auto request = Asking{.uri = "sip:phone@224.0.1.75",
                                    .lines = "User-Agent: " + std::string(agent) + "\n"}
                                 .read();
        REQUIRE(request.has_value());
        CHECK(request->mac == "000413231b1c");
    }
}

TEST_CASE("what names no device, or a group of them, is none") {
    for (const auto* user : {"MAC%3a010413231B1C", "MAC%3a000000000000", "MAC%3a00041323", "alice",
                             "MAC%3a000413231B1C00", "zz0413231B1C"}) {
        CAPTURE(user);
        CHECK(Asking{.uri = std::string("sip:") + user + "@224.0.1.75"}.why() ==
              FaultKind::malformed);
    }
    CHECK(Asking{.contact = ""}.why() == FaultKind::malformed);
    CHECK(Asking{.contact = "<sip:" + std::string(600, 'x') + "@192.0.2.10>"}.why() ==
          FaultKind::malformed);
}

TEST_CASE("what is not asked of whoever provisions phones is nobody's business to answer") {
    CHECK(Asking{.method = "OPTIONS"}.why() == FaultKind::not_found);
    CHECK(Asking{.method = "REGISTER"}.why() == FaultKind::not_found);
    CHECK(Asking{.event = "presence"}.why() == FaultKind::not_found);
    CHECK(Asking{.event = ""}.why() == FaultKind::not_found);
    CHECK(Asking{.event = "ua-profile;profile-type=user"}.why() == FaultKind::not_found);
    CHECK(Asking{.lines = "Accept: application/pidf+xml\n"}.why() == FaultKind::not_found);
    CHECK(Asking{.event = "ua-profile", .lines = ""}.read().has_value());
    CHECK(Asking{.lines = "Accept: text/xml, Application/URL;q=0.5\n"}.read().has_value());
}

TEST_CASE("nobody but who asked is sent anything, at a port of his choice") {
    const auto source = test::endpoint("192.0.2.10", 2051);
    CHECK(pnp_target("sip:192.0.2.10:5062", source) == test::endpoint("192.0.2.10", 5062));
    CHECK(pnp_target("sip:192.0.2.10", source) == test::endpoint("192.0.2.10", 5060));
    CHECK(pnp_target("sip:phone@198.51.100.9:5060", source) == source);
    CHECK(pnp_target("sip:victim.example.com", source) == source);
    CHECK(pnp_target("tel:1", source) == source);
}

TEST_CASE("the URL is made of what the phone said of itself, escaped") {
    auto request = *Asking().read();
    CHECK(pnp_url("http://p.example.com/{mac}.cfg", request) ==
          "http://p.example.com/000413231b1c.cfg");
    CHECK(pnp_url("{MAC}/{vendor}/{model}/{version}", request) ==
          "000413231B1C/snom/snomD785/10.1.64.14");
    request.model = "a/../b c?";
    CHECK(pnp_url("x/{model}", request) == "x/a%2F..%2Fb%20c%3F");
    CHECK(pnp_url("{other}{mac", request) == "{other}{mac");
    CHECK(pnp_url("", request).empty());
}

}  // namespace
}  // namespace herald::server::pnp_request_test
