// tests/unit/server/message/message_text_test.cpp: a MESSAGE as it is sent on, kept, and written
// anew.
#include "server/message/message_text.h"

#include <doctest/doctest.h>

#include "tests/unit/server/sample.h"

namespace herald::server::message_text_test {
namespace {

using testing::Request;

constexpr base::WallTime kNow{std::chrono::seconds(1'800'000'000)};

TEST_CASE("RFC 3261 16.6: headers and body go on as they came, but for what a proxy changes") {
    const Request request("MESSAGE",
                          "Max-Forwards: 5\nRoute: <sip:here;lr>\nX-Odd:   a , b\n"
                          "P-Asserted-Identity: <sip:eve@example.com>\nMax-Breadth: 9\n"
                          "Authorization: Digest realm=\"ours\", username=\"bob\"\n"
                          "Authorization: Digest realm=\"theirs\", username=\"bob\"\n\nhello\n");
    const auto text = relayed_text(*request, test::endpoint("192.0.2.9", 5060), {.realm = "ours"});
    CHECK(text ==
          "CSeq: 1 MESSAGE\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\nMax-Forwards: 4\r\n"
          "From: <sip:bob@example.com>;tag=b\r\nTo: <sip:alice@example.com>\r\nCall-ID: c\r\n"
          "X-Odd: a , b\r\nAuthorization: Digest realm=\"theirs\", username=\"bob\"\r\n"
          "Content-Length: 7\r\n\r\nhello\r\n");
    const auto trusted = relayed_text(*request, test::endpoint("192.0.2.1", 5060),
                                      {.realm = "ours", .keeps_identity = true});
    CHECK(trusted.find("P-Asserted-Identity: <sip:eve@example.com>") != std::string::npos);
    CHECK(trusted.find(";received=192.0.2.1") != std::string::npos);
}

TEST_CASE("what is kept: the addresses without tags, the body, and what belongs to it") {
    const Request request("MESSAGE",
                          "Date: Sat, 13 Nov 2010 22:00:09 GMT\nExpires: 60\nSubject: s\n"
                          "User-Agent: u\nContent-Type: text/plain\nContent-Language: de\n\nhello");
    const auto kept = kept_form(*request, kNow, std::chrono::hours(1), false);
    CHECK(kept.from == "<sip:bob@example.com>");
    CHECK(kept.to == "<sip:alice@example.com>");
    CHECK(kept.headers == "Subject: s\r\nContent-Type: text/plain\r\nContent-Language: de\r\n");
    CHECK(kept.date == base::WallTime(std::chrono::seconds(1'289'685'609)));
    CHECK(kept.expires_at == kept.date + std::chrono::seconds(60));
    CHECK(kept.keep_until == kept.expires_at);
    CHECK(kept.size == kept.headers.size() + kept.body.size());
    CHECK(line_value(kept.headers, "subject") == "s");
    CHECK(line_value(kept.headers, "X").empty());
}

TEST_CASE("RFC 3428 7: Expires counts from Date, else from now; 0 and nonsense are none") {
    CHECK(expiry_of(*Request("MESSAGE", "Expires: 60\n\nx"), kNow) ==
          kNow + std::chrono::seconds(60));
    CHECK(expiry_of(*Request("MESSAGE", "Expires: 0\n\nx"), kNow) == base::WallTime{});
    CHECK(expiry_of(*Request("MESSAGE", "Expires: soon\n\nx"), kNow) == base::WallTime{});
    CHECK(expiry_of(*Request("MESSAGE", "Date: today\nExpires: 60\n\nx"), kNow) ==
          kNow + std::chrono::seconds(60));
}

TEST_CASE("RFC 3428 7: a kept message becomes a request of its own") {
    store::Message message;
    message.from = "\"Bob\" <sip:bob@example.com>";
    message.to = "<sip:alice@example.com>";
    message.date = kNow - std::chrono::seconds(30);
    message.expires_at = kNow + std::chrono::seconds(30);
    message.headers = "Content-Type: text/plain\r\n";
    message.body = "hello";
    const auto one = delivery_text(message, kNow);
    const auto two = delivery_text(message, kNow);
    CHECK(one != two);
    CHECK(
        one.starts_with("CSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\n"
                        "From: \"Bob\" <sip:bob@example.com>;tag="));
    CHECK(
        one.ends_with("\r\nDate: Fri, 15 Jan 2027 07:59:30 GMT\r\nExpires: 30\r\n"
                      "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"));
}

}  // namespace
}  // namespace herald::server::message_text_test
