// tests/unit/pidf/imdn_test.cpp: what a sender asks to be told, and the documents that tell it (RFC
// 5438).
#include "pidf/imdn.h"

#include <doctest/doctest.h>

namespace herald::pidf {
namespace {

std::string message(std::string_view wanted, std::string_view content = "text/plain") {
    return "From: Bob <im:bob@example.com>\r\nTo: <im:alice@example.com>\r\n"
           "NS: i <urn:ietf:params:imdn>\r\ni.Message-ID: 34<j&\r\n"
           "DateTime: 2006-04-04T12:16:49-05:00\r\ni.Disposition-Notification: " +
           std::string(wanted) + "\r\n\r\nContent-type: " + std::string(content) + "\r\n\r\nHello";
}

std::optional<DispositionRequest> request_of(const std::string& body) {
    const auto cpim = parse_cpim(body);
    REQUIRE(cpim.has_value());
    return disposition_request(*cpim);
}

TEST_CASE("RFC 5438 7.1.1: what is wanted; unknown values are passed over") {
    const auto request = request_of(message("display, negative-delivery;x=y, magic"));
    REQUIRE(request);
    CHECK(request->wants_negative);
    CHECK_FALSE(request->wants_processing);
    CHECK(request->message_id == "34<j&");
    CHECK_FALSE(request_of(message("positive-delivery, display")));
    CHECK_FALSE(request_of(message("")));
    CHECK_FALSE(request_of("From: <im:b@c>\r\n\r\nContent-type: text/plain\r\n\r\nx"));
}

TEST_CASE("what cannot stand in a document gets no notification") {
    auto body = message("negative-delivery");
    body.replace(body.find("34<j&"), 5, "a\\u0001b");
    CHECK_FALSE(request_of(body));
    body.replace(body.find("a\\u0001b"), 8, "a\xff");
    CHECK_FALSE(request_of(body));
}

TEST_CASE("RFC 5438 7.2.1: a notification is never answered with another") {
    CHECK_FALSE(request_of(message("negative-delivery", "message/imdn+xml")));
    CHECK_FALSE(request_of(message("negative-delivery", "application/imdn+xml; charset=utf-8")));
}

TEST_CASE("RFC 5438 7.2.1.1, 11: the notification names the message and what became of it") {
    auto body = message("processing, negative-delivery");
    body.insert(body.find("DateTime"),
                "i.Original-To: <im:team@example.com>\r\ni.IMDN-Record-Route: <im:relay@a.b>\r\n");
    const auto request = request_of(body);
    REQUIRE(request);

    const auto text = notification(*request, Disposition::failed, "sip:alice@example.com", "new",
                                   base::WallTime(std::chrono::seconds(1'800'000'000)));

    const auto cpim = parse_cpim(text);
    REQUIRE(cpim.has_value());
    CHECK(is_notification(*cpim));
    CHECK(*cpim->value({}, "To") == "Bob <im:bob@example.com>");
    CHECK(*cpim->value({}, "From") == "<im:alice@example.com>");
    CHECK(*cpim->value({}, "DateTime") == "2027-01-15T08:00:00Z");
    CHECK(*cpim->value("urn:ietf:params:imdn", "Message-ID") == "new");
    CHECK(*cpim->value("urn:ietf:params:imdn", "IMDN-Route") == "<im:relay@a.b>");
    CHECK_FALSE(cpim->value("urn:ietf:params:imdn", "Disposition-Notification"));
    CHECK(*cpim->content_value("Content-Disposition") == "notification");
    CHECK(std::to_string(cpim->content.size()) == *cpim->content_value("Content-length"));
    CHECK(cpim->content ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
          "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">\r\n"
          "<message-id>34&lt;j&amp;</message-id>\r\n"
          "<datetime>2006-04-04T12:16:49-05:00</datetime>\r\n"
          "<recipient-uri>sip:alice@example.com</recipient-uri>\r\n"
          "<original-recipient-uri>im:team@example.com</original-recipient-uri>\r\n"
          "<delivery-notification><status><failed/></status></delivery-notification>\r\n"
          "</imdn>\r\n");
    const auto stored =
        notification(*request, Disposition::stored, "sip:alice@example.com", "new", {});
    CHECK(stored.find("<processing-notification><status><stored/>") != std::string::npos);
}

}  // namespace
}  // namespace herald::pidf
