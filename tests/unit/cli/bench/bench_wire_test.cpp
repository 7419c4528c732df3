// tests/unit/cli/bench/bench_wire_test.cpp: SIP as the load generator reads and writes it.
#include "cli/bench/bench_wire.h"

#include <algorithm>
#include <memory>

#include <doctest/doctest.h>

#include "sip/message.h"

namespace herald::cli::bench::bench_wire_test {
namespace {

constexpr std::string_view kNotify =
    "NOTIFY sip:w7.abc@127.0.0.1:40001 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKx1\r\n"
    "Max-Forwards: 70\r\n"
    "From: <sip:p0@localhost>;tag=server-1\r\n"
    "To: <sip:w7@localhost>;tag=w7.abc\r\n"
    "Call-ID: w7.abc\r\n"
    "CSeq: 65537 NOTIFY\r\n"
    "Contact: <sip:127.0.0.1:5060>\r\n"
    "Event: presence\r\n"
    "Subscription-State: active;expires=3600\r\n"
    "Content-Type: application/pidf+xml\r\n"
    "Content-Length: 21\r\n"
    "\r\n"
    "<note>bench-n=12</note>";

TEST_CASE("RFC 3261 8.2.6: a NOTIFY is answered with its own Via, From, To, Call-ID and CSeq") {
    AnswerText answer;

    const auto head = answer_request(kNotify, answer);

    REQUIRE(head);
    CHECK(head->from_tag == "server-1");
    CHECK(head->to_tag == "w7.abc");
    CHECK(head->cseq == 65537);
    CHECK(head->contact == "sip:127.0.0.1:5060");
    CHECK_FALSE(head->is_terminated);
    CHECK(highest_sequence(head->body) == 12);
    CHECK(answer.text() ==
          "SIP/2.0 200 OK\r\n"
          "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKx1\r\n"
          "From: <sip:p0@localhost>;tag=server-1\r\n"
          "To: <sip:w7@localhost>;tag=w7.abc\r\n"
          "Call-ID: w7.abc\r\n"
          "CSeq: 65537 NOTIFY\r\n"
          "Content-Length: 0\r\n\r\n");
}

TEST_CASE("RFC 3261 7.3.3, 18.2: compact names and several Vias are answered in their order") {
    AnswerText answer;

    const auto head = answer_request(
        "NOTIFY sip:w SIP/2.0\r\nv: SIP/2.0/UDP a;branch=z9hG4bK2\r\nVIA: SIP/2.0/UDP "
        "b;branch=z9hG4bK1\r\nf: sip:p;tag=1\r\nt: \"w\" <sip:w;x=1> ;tag=w1.r;y\r\ni: c\r\n"
        "m: <sip:s:5060>;q=1\r\nCSeq: 2 NOTIFY\r\nsubscription-state: Terminated;reason=timeout\r\n"
        "l: 0\r\n\r\n",
        answer);

    REQUIRE(head);
    CHECK(head->to_tag == "w1.r");
    CHECK(head->from_tag == "1");
    CHECK(head->contact == "sip:s:5060");
    CHECK(head->is_terminated);
    const auto first = answer.text().find("z9hG4bK2");
    const auto second = answer.text().find("z9hG4bK1");
    CHECK(first < second);
    CHECK(second != std::string_view::npos);
}

TEST_CASE("a NOTIFY of an earlier run is answered 481") {
    AnswerText answer;
    REQUIRE(answer_request(kNotify, answer));

    deny(answer);

    const auto parsed = sip::peek_response(answer.text());
    REQUIRE(parsed);
    CHECK(parsed->status == 481);
    CHECK(parsed->branch == "z9hG4bKx1");
    CHECK(parsed->cseq == 65537);
}

TEST_CASE("what is cut off anywhere in its head is not answered") {
    const auto end = kNotify.find("\r\n\r\n") + 3;
    for (std::size_t size = 0; size < end; ++size) {
        AnswerText answer;
        // A copy of its own, so that a sanitizer sees each read beyond the end.
        const std::unique_ptr<char[]> copy(new char[size]);
        std::copy_n(kNotify.data(), size, copy.get());

        CHECK_FALSE(answer_request({copy.get(), size}, answer));
    }
}

TEST_CASE("lines that do not fit an answer are not answered") {
    AnswerText answer;
    const std::string request =
        "NOTIFY sip:w SIP/2.0\r\nVia: " + std::string(5000, 'x') + "\r\n\r\n";

    CHECK_FALSE(answer_request(request, answer));
}

TEST_CASE("RFC 3903 11.3.1: the entity-tag of a response is found") {
    const auto head = read_head(
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a\r\nSIP-ETag: e-5 \r\nContact: sip:a@b;expires=1\r\n"
        "\r\n");

    REQUIRE(head);
    CHECK(head->entity_tag == "e-5");
    CHECK(head->contact == "sip:a@b");
}

TEST_CASE("the highest sequence number of all parts of a composed document counts") {
    CHECK(highest_sequence("bench-n=7..</a><b>bench-n=19</b>bench-n=8") == 19);
    CHECK(highest_sequence("bench-n=") == 0);
    CHECK(highest_sequence("") == 0);
    CHECK(highest_sequence("bench-n=1784718000000123") == 1784718000000123);
}

TEST_CASE("each sequence number makes another document, of the size wanted") {
    std::string first, second;

    write_document(first, "sip:a@b", 1'700'000'000'000'001, 900);
    write_document(second, "sip:a@b", 1'700'000'000'000'002, 900);

    CHECK(first.size() == 900);
    CHECK(first != second);
    CHECK(highest_sequence(first) == 1'700'000'000'000'001);
    CHECK(highest_sequence(second) == 1'700'000'000'000'002);
}

TEST_CASE("requests parse, and say what they were made of") {
    std::string bytes = "left over";
    write_request(bytes, {.method = "PUBLISH",
                          .request_uri = "sip:p1@localhost",
                          .via = "127.0.0.1:40000;rport;branch=z9hG4bK-bench-1.2",
                          .from = "sip:p1@localhost",
                          .from_tag = "p1.r",
                          .to = "sip:p1@localhost",
                          .to_tag = {},
                          .call_id = "p1.r",
                          .cseq = 9,
                          .contact = {},
                          .event = "presence",
                          .entity_tag = "e1",
                          .authorization = "Authorization: Digest x\r\n",
                          .expires = 0,
                          .body = "<p/>"});

    const auto parsed = sip::parse(bytes, sip::Framing::datagram);

    REQUIRE(parsed.error == sip::ParseOutcome::Error::none);
    const auto& message = parsed.message;
    CHECK(message.method() == sip::Method::publish);
    CHECK(message.request_uri() == "sip:p1@localhost");
    CHECK(message.via().branch == "z9hG4bK-bench-1.2");
    CHECK(message.from_tag() == "p1.r");
    CHECK(message.to_tag() == "");
    CHECK(message.cseq() == 9);
    CHECK(message.header(sip::Header::sip_if_match) == "e1");
    CHECK(message.header(sip::Header::authorization) == "Digest x");
    CHECK(message.header(sip::Header::expires) == "0");
    CHECK_FALSE(message.header(sip::Header::contact));
    CHECK(message.body() == "<p/>");
}

TEST_CASE("RFC 3842 5.2: the counters of a mailbox hold their sequence number") {
    std::string body;

    write_summary(body, "example.com", 42, true);
    CHECK(body ==
          "Messages-Waiting: yes\r\nMessage-Account: sip:bench-n=42@example.com\r\n"
          "Voice-Message: 1/3 (0/0)\r\n");
    CHECK(highest_sequence(body) == 42);

    write_summary(body, "example.com", 43, false);
    CHECK(body.starts_with("Messages-Waiting: no\r\n"));
    CHECK(highest_sequence(body) == 43);
}

TEST_CASE("RFC 3261 20.10: a contact with a display name") {
    std::string out;
    RequestParts parts{.method = "REGISTER", .request_uri = "sip:x"};
    parts.contact = "sip:a@127.0.0.1:9";
    const std::string name = marked(7);
    parts.contact_name = name;

    write_request(out, parts);

    CHECK(out.find("Contact: \"bench-n=7\" <sip:a@127.0.0.1:9>\r\n") != std::string::npos);
}

}  // namespace
}  // namespace herald::cli::bench::bench_wire_test
