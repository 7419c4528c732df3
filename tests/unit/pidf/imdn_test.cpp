// tests/unit/pidf/imdn_test.cpp: what a sender asks to be told, and the documents that tell it (RFC
// 5438).
#include "pidf/imdn.h"

#include <doctest/doctest.h>

namespace herald::pidf::imdn_test {
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

TEST_CASE("RFC 5438 6.6, 8: routes are taken off a notification, and nothing else") {
    const std::string head =
        "From: <im:alice@example.com>\r\nNS: i <urn:ietf:params:imdn>\r\ni.Message-ID: 9\r\n";
    const std::string first = "i.IMDN-Route: <sip:example.com>\r\n";
    const std::string between = "DateTime: 2006-04-04T12:16:49-05:00\r\n";
    const std::string second = "i.IMDN-Route:<im:relay@example.net>\n";
    const std::string tail = "\r\nContent-type: message/imdn+xml\r\n\r\n<imdn/>";
    const std::string body = head + first + between + second + tail;
    const auto cpim = parse_cpim(body);
    REQUIRE(cpim.has_value());

    CHECK(disposition_route(*cpim) ==
          std::vector<std::string_view>{"<sip:example.com>", "<im:relay@example.net>"});
    CHECK(without_routes(body, *cpim, 0) == body);
    CHECK(without_routes(body, *cpim, 1) == head + between + second + tail);
    CHECK(without_routes(body, *cpim, 2) == head + between + tail);
    CHECK(without_routes(body, *cpim, 9) == head + between + tail);
}

TEST_CASE("RFC 5438 8: a message that is no notification has no way to go") {
    const auto body = message("display\r\ni.IMDN-Route: <sip:example.com>");
    const auto cpim = parse_cpim(body);
    REQUIRE(cpim.has_value());
    CHECK(disposition_route(*cpim).empty());
}

TEST_CASE("a route in the very first line is taken off as well") {
    const std::string body =
        "imdn.IMDN-Route: <sip:a>\r\nNS: x <y>\r\n\r\nContent-type: message/imdn+xml\r\n\r\n";
    const auto cpim = parse_cpim(body);
    REQUIRE(cpim.has_value());
    REQUIRE(disposition_route(*cpim).size() == 1);
    CHECK(without_routes(body, *cpim, 1) ==
          "NS: x <y>\r\n\r\nContent-type: message/imdn+xml\r\n\r\n");
}

}  // namespace
}  // namespace herald::pidf::imdn_test
