// tests/unit/server/message/relay_test.cpp: the best of several answers, and flows as bindings keep
// them.
#include "server/message/relay.h"

#include <doctest/doctest.h>

#include "packages/registration.h"
#include "server/message/message_delivery.h"
#include "server/register/registered_device.h"
#include "tests/unit/server/sample.h"

namespace herald::server::relay_test {
namespace {

TEST_CASE("RFC 3261 16.7 step 6: a 6xx, then the lowest class, then what helps the sender") {
    CHECK(is_better(603, 404));
    CHECK_FALSE(is_better(404, 603));
    CHECK(is_better(404, 500));
    CHECK(is_better(302, 404));
    CHECK_FALSE(is_better(500, 480));
    CHECK(is_better(415, 480));
    CHECK(is_better(401, 404));
    CHECK_FALSE(is_better(480, 415));
    CHECK_FALSE(is_better(404, 480));
    CHECK_FALSE(is_better(415, 420));
}

sip::Answer relayed(const std::string& start, const std::string& lines) {
    std::string text = "SIP/2.0 " + start +
                       "\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
                       "From: <sip:bob@example.com>;tag=b\r\nCall-ID: c\r\nCSeq: 1 MESSAGE\r\n" +
                       lines + "Content-Length: 0\r\n\r\n";
    const auto parsed = sip::parse(text, sip::Framing::datagram);
    REQUIRE(parsed.error == sip::ParseOutcome::Error::none);
    return relayed_answer(parsed.message);
}

TEST_CASE("RFC 3261 16.7 step 9, 21.3: Contact goes back where it says whom to ask instead") {
    const std::string to = "To: <sip:alice@example.com>;tag=a\r\n";
    const std::string contact = "Contact: <sip:alice@example.net>\r\n";
    CHECK(relayed("302 Moved", to + contact).headers == contact);
    CHECK(relayed("485 Ambiguous", to + contact).headers == contact);
    CHECK(relayed("200 OK", to + contact).headers.empty());
    CHECK(relayed("404 Not Found", to + contact).headers.empty());
}

TEST_CASE("who waits is answered before his transaction ends") {
    Config config;
    config.message_patience = 8;
    CHECK(patience_of(config) == std::chrono::seconds(8));
    config.t1_ms = 100;
    CHECK(patience_of(config) == std::chrono::seconds(6));
}

TEST_CASE("RFC 5627 6.1, 3327 5.4, 5626 5.3: targets, the newest first, each with its way") {
    packages::Binding first, second, mail;
    first.contact = "sip:a@192.0.2.1;pn-provider=x;pn-prid=secret;transport=tcp?h=1";
    first.path = "<sip:edge@192.0.2.9;lr>, <sip:next;lr>";
    first.flow = "udp 0 192.0.2.9:40000 route";
    first.reg_id = 1;
    second.contact = "sip:a@192.0.2.2";
    second.reg_id = 2;
    mail.contact = "mailto:a@example.com";
    const auto targets = targets_of({&first, &second, &mail}, 1);
    REQUIRE(targets.size() == 2);
    CHECK(targets[0].request_uri == "sip:a@192.0.2.2");
    CHECK(targets[0].legs.empty());
    REQUIRE(targets[1].legs.size() == 2);
    CHECK(targets[1].routes == first.path);
    CHECK(targets[1].legs[0].uri == "sip:edge@192.0.2.9;lr");
    CHECK(targets[1].legs[1].flow->peer == test::endpoint("192.0.2.9", 40000));
    CHECK(targets_of({&first, &second}, 1, {targets[0].name}).size() == 1);
    // Flows may share a Contact.
    auto third = second;
    third.instance = "urn:uuid:3";
    CHECK(targets_of({&second, &third}, 1, {targets[0].name}).size() == 1);
}

TEST_CASE("RFC 8599 13: only an edge on the Path learns what a push service knows a device by") {
    packages::Binding binding;
    binding.contact = "sip:a@192.0.2.1;pn-provider=x;pn-prid=secret;transport=tcp?h=1";
    CHECK(request_uri_of(binding) == "sip:a@192.0.2.1;transport=tcp");
    binding.path = "<sip:edge@192.0.2.9;lr>";
    CHECK(request_uri_of(binding) == "sip:a@192.0.2.1;pn-provider=x;pn-prid=secret;transport=tcp");
    binding.contact = "sip:a@192.0.2.1";
    CHECK(request_uri_of(binding) == "sip:a@192.0.2.1");
}

TEST_CASE("what an earlier release kept of a binding says no approach") {
    packages::Binding binding;
    binding.contact = "sip:a@192.0.2.1";
    binding.flow = "udp 0 192.0.2.1:5060";
    const auto approach = [&] { return device_of(binding, 1)->approach; };

    CHECK(approach() == sip::Approach::flow);
    binding.reg_id = 1;
    CHECK(approach() == sip::Approach::flow_alone);
    binding.path = "<sip:edge@192.0.2.9;lr>";
    CHECK(approach() == sip::Approach::route);
    binding.flow += " contact";
    CHECK(approach() == sip::Approach::contact);
    binding.contact = "tel:+4712345678";
    CHECK_FALSE(device_of(binding, 1));
}

TEST_CASE("RFC 3428 7: what an answer means for a message that was kept") {
    for (const int status : {200, 202})
        CHECK(delivery_verdict(status) == DeliveryVerdict::delivered);
    for (const int status : {408, 430, 480, 486, 500, 503, 513})
        CHECK(delivery_verdict(status) == DeliveryVerdict::absent);
    for (const int status : {401, 404, 407})
        CHECK(delivery_verdict(status) == DeliveryVerdict::failed);
    for (const int status : {302, 400, 403, 413, 415, 488, 600, 603, 606})
        CHECK(delivery_verdict(status) == DeliveryVerdict::refused);
}

}  // namespace
}  // namespace herald::server::relay_test
