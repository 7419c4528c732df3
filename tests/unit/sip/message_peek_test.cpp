// tests/unit/sip/message_peek_test.cpp: the short way into a response, and when it is not taken.
#include <string>

#include <doctest/doctest.h>

#include "sip/message.h"

namespace herald::sip::message_peek_test {

TEST_CASE("a plain response is peeked at") {
    const std::string text =
        "SIP/2.0 200 OK\r\nv: SIP/2.0/UDP h:5060;rport=5060;Branch=z9hG4bK.1;received=192.0.2.1\r\n"
        "Call-ID: x\r\nCSEQ : 41 NOTIFY\r\nContent-Length: 0\r\n\r\n";

    const auto head = peek_response(text);

    REQUIRE(head);
    CHECK(head->status == 200);
    CHECK(head->branch == "z9hG4bK.1");
    CHECK(head->cseq == 41);
    CHECK(head->method == Method::notify);
    CHECK_FALSE(head->has_contact);
}

TEST_CASE("a peek tells of a Contact") {
    CHECK(
        peek_response("SIP/2.0 481\nVia: SIP/2.0/UDP h;branch=b\nCSeq: 1 NOTIFY\nm: <sip:a@h>\n\n")
            ->has_contact);
}

TEST_CASE("a peek gives up at anything out of the ordinary") {
    const std::string via = "Via: SIP/2.0/UDP h;branch=b\r\n";
    const std::string cseq = "CSeq: 1 NOTIFY\r\n";
    for (const std::string& text : {
             std::string(),
             std::string("SIP/2.0 200 OK"),
             "SIP/2.0 200 OK\r\n" + via + cseq,
             "NOTIFY sip:a@h SIP/2.0\r\n" + via + cseq + "\r\n",
             "SIP/2.0 99 x\r\n" + via + cseq + "\r\n",
             "SIP/2.0 2000 x\r\n" + via + cseq + "\r\n",
             "SIP/2.0 700 x\r\n" + via + cseq + "\r\n",
             "SIP/3.0 200 x\r\n" + via + cseq + "\r\n",
             "SIP/2.0 200 OK\r\n" + via + "\r\n",
             "SIP/2.0 200 OK\r\n" + cseq + "\r\n",
             "SIP/2.0 200 OK\r\n" + via + via + cseq + "\r\n",
             "SIP/2.0 200 OK\r\n" + via + cseq + cseq + "\r\n",
             "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=b, SIP/2.0/UDP i\r\n" + cseq + "\r\n",
             "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;x=\"a\";branch=b\r\n" + cseq + "\r\n",
             "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=b;branch=c\r\n" + cseq + "\r\n",
             "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=\r\n" + cseq + "\r\n",
             "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;\r\n branch=b\r\n" + cseq + "\r\n",
             "SIP/2.0 200 OK\r\n" + via + cseq + "\r x\r\nContact: <sip:a@h>\r\n\r\n",
             "SIP/2.0 200 OK\r\n" + via + cseq + "\r",
             "SIP/2.0 200 OK\r\n" + via + "CSeq: 99999999999 NOTIFY\r\n\r\n",
             "SIP/2.0 200 OK\r\n" + via + "CSeq: NOTIFY\r\n\r\n",
             "SIP/2.0 200 OK\r\n" + via + "CSeq: 1\r\n\r\n",
         }) {
        CAPTURE(text);
        CHECK_FALSE(peek_response(text));
    }
}

}  // namespace herald::sip::message_peek_test
