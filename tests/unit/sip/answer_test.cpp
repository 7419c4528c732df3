// tests/unit/sip/answer_test.cpp: responses as they go on the wire.
#include "sip/answer.h"

#include <string>

#include <doctest/doctest.h>

namespace herald::sip::answer_test {
namespace {

const Endpoint kSource = *Endpoint::from("10.0.0.9", 40000);

struct Asked {
    explicit Asked(const std::string& via, const std::string& to = "<sip:bob@example.com>",
                   const std::string& more = "")
        : text("SUBSCRIBE sip:bob@example.com SIP/2.0\r\nVia: " + via +
               "\r\nFrom: \"A\" <sip:alice@example.com>;tag=a1\r\nTo: " + to +
               "\r\nCall-ID: c1\r\nCSeq: 0007 SUBSCRIBE\r\n" + more + "\r\n") {
        result = parse(std::span<char>(text), Framing::datagram);
    }
    std::string answer(const Answer& what, const Endpoint& source = kSource) const {
        std::string out;
        append_response(out, result.message, source, what, "<sip:192.0.2.1:5060>", "derived");
        return out;
    }
    /// The Via rows of the answer to it.
    std::string vias(const Endpoint& source = kSource) const {
        const std::string out = answer({}, source);
        const std::size_t start = out.find("\r\n") + 2;
        return out.substr(start, out.find("From: ") - start);
    }

    std::string text;
    ParseResult result;
};

}  // namespace

TEST_CASE("RFC 3261 8.2.6.2: an answer copies what identifies the request") {
    Answer ok;
    ok.to_tag = "t1";
    ok.expires = 600;

    CHECK(Asked("SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1").answer(ok) ==
          "SIP/2.0 200 OK\r\n"
          "Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1\r\n"
          "From: \"A\" <sip:alice@example.com>;tag=a1\r\n"
          "To: <sip:bob@example.com>;tag=t1\r\n"
          "Call-ID: c1\r\n"
          "CSeq: 0007 SUBSCRIBE\r\n"
          "Expires: 600\r\n"
          "Content-Length: 0\r\n"
          "\r\n");
}

TEST_CASE("RFC 3261 8.2.6: everything an answer may say, in order") {
    Answer answer;
    answer.status = 423;
    answer.reason = "Too brief";
    answer.expires = 1;
    answer.min_expires = 60;
    answer.retry_after = 5;
    answer.entity_tag = "etag";
    answer.with_contact = true;
    answer.with_record_route = true;
    answer.headers = "Allow: A\r\nServer: S\r\n";
    answer.content_type = "text/plain";
    answer.body = "hello";

    const std::string out =
        Asked("SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1", "<sip:bob@example.com>",
              "Record-Route: <sip:p2;lr>, <sip:p1;lr>\r\nX: y\r\nRecord-Route: <sip:p0;lr>\r\n")
            .answer(answer);

    CHECK(out.substr(0, out.find("\r\n")) == "SIP/2.0 423 Too brief");
    CHECK(out.find("\r\nRecord-Route: <sip:p2;lr>, <sip:p1;lr>\r\nRecord-Route: <sip:p0;lr>\r\n") !=
          std::string::npos);
    CHECK(out.substr(out.find("Contact")) ==
          "Contact: <sip:192.0.2.1:5060>\r\nExpires: 1\r\nMin-Expires: 60\r\nRetry-After: 5\r\n"
          "SIP-ETag: etag\r\nAllow: A\r\nServer: S\r\nContent-Type: text/plain\r\n"
          "Content-Length: 5\r\n\r\nhello");
}

TEST_CASE("RFC 3261 8.2.6.2: a To tag is added where there is none, but not to a 100") {
    Answer answer;
    CHECK(Asked("SIP/2.0/UDP h").answer(answer).find("To: <sip:bob@example.com>;tag=derived\r\n") !=
          std::string::npos);
    answer.to_tag = "own";
    CHECK(Asked("SIP/2.0/UDP h").answer(answer).find("To: <sip:bob@example.com>;tag=own\r\n") !=
          std::string::npos);
    CHECK(Asked("SIP/2.0/UDP h", "sip:b@h;tag=x").answer(answer).find("To: sip:b@h;tag=x\r\n") !=
          std::string::npos);
    answer.status = 100;
    CHECK(Asked("SIP/2.0/UDP h").answer(answer).find("To: <sip:bob@example.com>\r\n") !=
          std::string::npos);
}

TEST_CASE("RFC 3261 16.7: a To that its answerer gave no tag is handed on without") {
    Answer answer;
    answer.is_tagless = true;
    CHECK(Asked("SIP/2.0/UDP h").answer(answer).find("To: <sip:bob@example.com>\r\n") !=
          std::string::npos);
}

TEST_CASE("RFC 3261 8.2.6.2: a To with a tag that is none, or behind a fault, gets no second one") {
    for (const std::string to :
         {"<sip:b@h>;tag=", "<sip:b@h>;tag", "<sip:b@h> ; TAG = ;x=1",
          "sip:b@h;tag=", "<sip:b@h>;tag=;tag=2", "<sip:b@h>;=x;tag=2", "\"B <sip:b@h>;tag=2"}) {
        const Asked asked("SIP/2.0/UDP h;branch=b", to);
        CAPTURE(to);

        CHECK(asked.result.error == ParseOutcome::Error::malformed);
        CHECK(asked.answer({.status = 400}).find("\r\nTo: " + to + "\r\n") != std::string::npos);
    }
    for (const std::string to : {"<sip:b@h;tag=no>", "\";tag=1\" <sip:b@h>;x=\";tag=1\"",
                                 "<sip:b@h>;tagged=1", "\"B <sip:b@h>;stage=2"}) {
        CAPTURE(to);
        CHECK(Asked("SIP/2.0/UDP h;branch=b", to).answer({}).find(to + ";tag=derived\r\n") !=
              std::string::npos);
    }
}

TEST_CASE("RFC 3261 18.2.1: received is added where sent-by is not the source") {
    CHECK(Asked("SIP/2.0/UDP 10.0.0.9:5070;branch=b").vias() ==
          "Via: SIP/2.0/UDP 10.0.0.9:5070;branch=b\r\n");
    CHECK(Asked("SIP/2.0/UDP 10.0.0.8;branch=b").vias() ==
          "Via: SIP/2.0/UDP 10.0.0.8;branch=b;received=10.0.0.9\r\n");
    CHECK(Asked("SIP/2.0/UDP client.example;branch=b").vias() ==
          "Via: SIP/2.0/UDP client.example;branch=b;received=10.0.0.9\r\n");
}

TEST_CASE("RFC 3581 4: rport is filled, with received always") {
    CHECK(Asked("SIP/2.0/UDP 10.0.0.9;rport;branch=b").vias() ==
          "Via: SIP/2.0/UDP 10.0.0.9;rport=40000;branch=b;received=10.0.0.9\r\n");
    CHECK(Asked("SIP/2.0/TCP h;branch=b;RPORT").vias() ==
          "Via: SIP/2.0/TCP h;branch=b;rport=40000;received=10.0.0.9\r\n");
    CHECK(Asked("SIP/2.0/TCP h;branch=b;rport=").vias() ==
          "Via: SIP/2.0/TCP h;branch=b;rport=40000;received=10.0.0.9\r\n");
}

TEST_CASE("RFC 3581 4: what the peer claims of itself is overwritten") {
    CHECK(Asked("SIP/2.0/UDP h;rport=99;branch=b;received=192.0.2.66;x").vias() ==
          "Via: SIP/2.0/UDP h;rport=40000;branch=b;x;received=10.0.0.9\r\n");
    CHECK(Asked("SIP/2.0/UDP 10.0.0.9;received=192.0.2.66;branch=b").vias() ==
          "Via: SIP/2.0/UDP 10.0.0.9;branch=b\r\n");
    CHECK(Asked("SIP/2.0/UDP 10.0.0.9;rport=99;branch=b").vias() ==
          "Via: SIP/2.0/UDP 10.0.0.9;rport=40000;branch=b;received=10.0.0.9\r\n");
    for (const std::string claim : {"received=", "received"}) {
        CHECK(Asked("SIP/2.0/UDP h;branch=b;" + claim).vias() ==
              "Via: SIP/2.0/UDP h;branch=b;received=10.0.0.9\r\n");
    }
}

TEST_CASE("RFC 5118 4.5: an IPv6 source is written without brackets") {
    const Endpoint source = *Endpoint::from("2001:db8::9", 5062);
    CHECK(Asked("SIP/2.0/UDP h;rport;branch=b").vias(source) ==
          "Via: SIP/2.0/UDP h;rport=5062;branch=b;received=2001:db8::9\r\n");
    CHECK(Asked("SIP/2.0/UDP [2001:DB8:0::9];branch=b").vias(source) ==
          "Via: SIP/2.0/UDP [2001:DB8:0::9];branch=b\r\n");
}

TEST_CASE("RFC 3261 8.2.6.2: all Vias go back, in order, only the top one touched") {
    CHECK(Asked("SIP/2.0/UDP h;rport;branch=1, SIP/2.0/TCP i;rport\r\nv: SIP/2.0/TLS j;rport")
              .vias() ==
          "Via: SIP/2.0/UDP h;rport=40000;branch=1;received=10.0.0.9, SIP/2.0/TCP i;rport\r\n"
          "Via: SIP/2.0/TLS j;rport\r\n");
    CHECK(Asked(", SIP/2.0/UDP 10.0.0.9;branch=1").vias() ==
          "Via: SIP/2.0/UDP 10.0.0.9;branch=1\r\n");
}

TEST_CASE("RFC 3261 8.2.6.1: a 100 echoes the Timestamp with the delay") {
    Answer trying;
    trying.status = 100;
    trying.delay = std::chrono::milliseconds(3507);
    const Asked asked("SIP/2.0/UDP h", "<sip:b@h>", "Timestamp: 54.21 9.9\r\n");

    CHECK(asked.answer(trying).find("\r\nTimestamp: 54.21 3.507\r\n") != std::string::npos);
    CHECK(asked.answer({}).find("Timestamp") == std::string::npos);
}

TEST_CASE("a request that lacks headers is answered without them") {
    std::string text = "SUBSCRIBE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=b\r\n\r\n";
    const ParseResult result = parse(std::span<char>(text), Framing::datagram);
    Answer bad;
    bad.status = 400;
    bad.reason = result.reason;

    std::string out;
    append_response(out, result.message, kSource, bad, "", "derived");

    CHECK(out ==
          "SIP/2.0 400 Missing Call-ID\r\nVia: SIP/2.0/UDP h;branch=b;received=10.0.0.9\r\n"
          "Content-Length: 0\r\n\r\n");
}

TEST_CASE("every status we send has its standard phrase") {
    for (const int status : {100, 200, 202, 204, 400, 401, 403, 404, 405, 406, 407, 412, 413,
                             414, 415, 416, 420, 421, 423, 430, 439, 440, 480, 481, 482, 483,
                             488, 489, 494, 500, 501, 503, 504, 505, 513, 555, 603}) {
        CAPTURE(status);
        CHECK(reason_phrase(status) != "Unknown");
    }
    CHECK(reason_phrase(412) == "Conditional Request Failed");
    CHECK(reason_phrase(606) == "Not Acceptable");
    for (const int status : {99, 299, 607, 699}) CHECK(reason_phrase(status) == "Unknown");
}

}  // namespace herald::sip::answer_test
