// tests/unit/sip/message_test.cpp: reading messages, the rules of parsing one by one.
#include "sip/message.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace herald::sip::message_test {

using Error = ParseOutcome::Error;

namespace {

const std::string kHeaders =
    "Via: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1;rport\r\n"
    "From: <sip:alice@example.com>;tag=a1\r\n"
    "To: <sip:bob@example.com>\r\n"
    "Call-ID: c1@example.com\r\n"
    "CSeq: 7 SUBSCRIBE\r\n";

/// Text with the message read from it.
struct Read {
    explicit Read(std::string bytes, Framing framing = Framing::datagram, ParseLimits limits = {})
        : text(std::move(bytes)) {
        result = parse(std::span<char>(text), framing, limits);
    }
    const Message& operator*() const { return result.message; }
    const Message* operator->() const { return &result.message; }
    bool is_refused(const std::string& reason, int status = 400) const {
        return result.answer_status == status && reason == result.reason;
    }
    bool is_dropped(const std::string& reason) const {
        return result.error == Error::drop && result.answer_status == 0 && reason == result.reason;
    }
    bool is_fine() const { return result.error == Error::none && result.answer_status == 0; }

    std::string text;
    ParseResult result;
};

Read request(const std::string& more = "", const std::string& body = "") {
    return Read("SUBSCRIBE sip:bob@example.com SIP/2.0\r\n" + kHeaders + more + "\r\n" + body);
}

Read start_line(const std::string& line) {
    return Read(line + "\r\n" + kHeaders + "\r\n");
}

/// A request whose header `name` has `value` instead of the usual one.
Read with(const std::string& name, const std::string& value) {
    std::string headers = kHeaders;
    const std::size_t at = headers.find(name + ": ");
    const std::size_t end = headers.find("\r\n", at);
    headers.replace(at, end - at, name + ": " + value);
    return Read("SUBSCRIBE sip:bob@example.com SIP/2.0\r\n" + headers + "\r\n");
}

Read without(const std::string& name) {
    std::string headers = kHeaders;
    const std::size_t at = headers.find(name + ": ");
    headers.erase(at, headers.find("\r\n", at) + 2 - at);
    return Read("SUBSCRIBE sip:bob@example.com SIP/2.0\r\n" + headers + "\r\n");
}

Read response(const std::string& line, const std::string& more = "", const std::string& body = "") {
    return Read(line + "\r\n" + kHeaders + more + "\r\n" + body);
}

using Values = std::vector<std::string_view>;

}  // namespace

TEST_CASE("RFC 3261 7.1: a request is read with all that identifies it") {
    const Read read = request("Event: presence\r\nContent-Length: 4\r\n", "body");

    REQUIRE(read.is_fine());
    CHECK(read->is_request());
    CHECK(read->method() == Method::subscribe);
    CHECK(read->request_uri() == "sip:bob@example.com");
    CHECK(read->call_id() == "c1@example.com");
    CHECK(read->cseq() == 7);
    CHECK(read->from() == "<sip:alice@example.com>;tag=a1");
    CHECK(read->from_tag() == "a1");
    CHECK(read->to() == "<sip:bob@example.com>");
    CHECK(read->to_tag().empty());
    CHECK(read->via().transport == "UDP");
    CHECK(read->via().host == "192.0.2.1");
    CHECK(read->via().port == 5070);
    CHECK(read->via().branch == "z9hG4bK1");
    CHECK(read->via().has_rport);
    CHECK(read->via().rport == 0);
    CHECK(read->header(Header::event) == "presence");
    CHECK(read->body() == "body");
    CHECK(read->bytes() == read.text);
    CHECK(read->fields().size() == 7);
}

TEST_CASE("RFC 3261 7.2: a response is read, its method from CSeq") {
    const Read read = response("SIP/2.0 200 OK then", "Content-Length: 0\r\n");

    REQUIRE(read.is_fine());
    CHECK_FALSE(read->is_request());
    CHECK(read->status() == 200);
    CHECK(read->reason() == "OK then");
    CHECK(read->method() == Method::subscribe);
    CHECK(read->method_text() == "SUBSCRIBE");
    CHECK(read->request_uri().empty());
}

TEST_CASE("RFC 3261 7.1: the request line") {
    SUBCASE("a method is case-sensitive") {
        CHECK(start_line("Subscribe sip:bob@example.com SIP/2.0")->method() == Method::unknown);
        CHECK(start_line("Subscribe sip:bob@example.com SIP/2.0")->method_text() == "Subscribe");
    }
    SUBCASE("the version is not") {
        CHECK(start_line("SUBSCRIBE sip:bob@example.com sip/2.0").is_fine());
    }
    SUBCASE("another version is 505") {
        const Read read = start_line("SUBSCRIBE sip:bob@example.com SIP/3.0");
        CHECK(read.is_refused("Version not supported", 505));
        CHECK(read.result.error == Error::version);
    }
    SUBCASE("a 400 goes before a 505") {
        CHECK(start_line("SUBSCRIBE sip:bob@h:x SIP/3.0").is_refused("Malformed Request-URI"));
    }
    SUBCASE("something else than a version is 400") {
        CHECK(start_line("SUBSCRIBE sip:bob@h HTTP/1.1").is_refused("Malformed request line"));
        CHECK(start_line("SUBSCRIBE sip:bob@h SIP/x").is_refused("Malformed request line"));
        CHECK(start_line("SUBSCRIBE sip:bob@h").is_refused("Malformed request line"));
        CHECK(start_line("SUBSCRIBE").is_refused("Malformed request line"));
    }
    SUBCASE("one blank parts them") {
        CHECK(start_line("SUBSCRIBE  sip:bob@h SIP/2.0").is_refused("Malformed Request-URI"));
        CHECK(start_line("SUBSCRIBE sip:bob@h  SIP/2.0").is_refused("Malformed Request-URI"));
        CHECK(start_line("SUBSCRIBE\tsip:bob@h SIP/2.0").result.answer_status == 400);
    }
    SUBCASE("a method is a token") {
        CHECK(start_line("SUB(SCRIBE sip:bob@h SIP/2.0").is_refused("Malformed method"));
    }
    SUBCASE("trailing blanks are forgiven") {
        CHECK(start_line("SUBSCRIBE sip:bob@example.com SIP/2.0  ").is_fine());
    }
}

TEST_CASE("RFC 3261 7.5: CRLFs before the start line are skipped") {
    Read read("\r\n\r\n\nSUBSCRIBE sip:bob@example.com SIP/2.0\r\n" + kHeaders + "\r\n");
    CHECK(read.is_fine());
    CHECK(read->bytes().substr(0, 9) == "SUBSCRIBE");
}

TEST_CASE("RFC 3261 7.5: nothing but line ends is no message") {
    CHECK(Read("").is_dropped("Empty message"));
    CHECK(Read("\r\n\r\n").is_dropped("Empty message"));
    CHECK(Read("abc").is_dropped("Start line does not end"));
    CHECK(Read(std::string(4, '\0')).is_dropped("Start line does not end"));
}

TEST_CASE("RFC 3261 7.3.1: names in any case, blanks around the colon") {
    const Read read = request("eVENT  \t:presence\r\nX-Own:1\r\naccept:\r\n");
    REQUIRE(read.is_fine());
    CHECK(read->header(Header::event) == "presence");
    CHECK(read->header("event") == "presence");
    CHECK(read->header("x-oWN") == "1");
    CHECK(read->header(Header::accept) == "");
    CHECK(read->header(Header::expires) == std::nullopt);
    CHECK(read->header("x-other") == std::nullopt);
    CHECK(read->header(Header::other) == std::nullopt);
}

TEST_CASE("RFC 3261 7.3.1: folded lines are one line") {
    const Read read =
        request("Subject: one\r\n two\r\n\t three\r\nEvent:\r\n presence\r\nX: a\n b\r\n");
    REQUIRE(read.is_fine());
    CHECK(read->header("Subject") == "one   two  \t three");
    CHECK(read->header(Header::event) == "presence");
    CHECK(read->header("X") == "a  b");
    for (const HeaderField& field : read->fields()) {
        CHECK(field.value.find_first_of("\r\n") == std::string_view::npos);
    }
}

TEST_CASE("RFC 3261 7.3.1: the start line is not folded") {
    CHECK(
        start_line("SUBSCRIBE sip:bob@example.com SIP/2.0\r\n x").is_refused("Folded start line"));
}

TEST_CASE("a CR that ends no line is a blank") {
    const Read read = request("Subject: a\rb\r\r\nX: \r\n");
    REQUIRE(read.is_fine());
    CHECK(read->header("Subject") == "a b");
    CHECK(read->header("X") == "");
    CHECK(request("Subject: a\r\n\rb: c\r\n")->header("Subject") == "a   b: c");
}

TEST_CASE("RFC 3261 7.3.1: list values from rows, commas and compact names are one list") {
    const Read read = request(
        "Contact: \"A, B\" <sip:a@h?x=1,2>, sip:b@h;q=0.5\r\n"
        "Accept: a/b,c/d ,\r\n"
        "m:<sip:c@h>\r\n"
        "Contact: \"\\\",\" <sip:d@h>\r\n");
    REQUIRE(read.is_fine());
    CHECK(read->list(Header::contact) ==
          Values{"\"A, B\" <sip:a@h?x=1,2>", "sip:b@h;q=0.5", "<sip:c@h>", "\"\\\",\" <sip:d@h>"});
    CHECK(read->list(Header::accept) == Values{"a/b", "c/d"});
    CHECK(read->list(Header::route).empty());
    CHECK(read->count(Header::contact) == 3);
}

TEST_CASE("RFC 4475 3.3.8: a header that stands once stands once") {
    const std::pair<const char*, const char*> rows[] = {
        {"Call-ID: x\r\n", "Duplicate Call-ID"},
        {"i: x\r\n", "Duplicate Call-ID"},
        {"CSeq: 7 SUBSCRIBE\r\n", "Duplicate CSeq"},
        {"f: <sip:x@h>\r\n", "Duplicate From"},
        {"To: <sip:x@h>\r\n", "Duplicate To"},
        {"Max-Forwards: 70\r\nMax-Forwards: 70\r\n", "Duplicate Max-Forwards"},
        {"Content-Length: 0\r\nl: 0\r\n", "Duplicate Content-Length"},
        {"Content-Type: a/b\r\nc: a/b\r\n", "Duplicate Content-Type"},
        {"Expires: 1\r\nExpires: 1\r\n", "Duplicate Expires"},
        {"Event: x\r\no: x\r\n", "Duplicate Event"},
        {"Subscription-State: active\r\nSubscription-State: active\r\n",
         "Duplicate Subscription-State"},
        {"Suppress-If-Match: a\r\nSuppress-If-Match: a\r\n", "Duplicate Suppress-If-Match"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.first);
        CHECK(request(row.first).is_refused(row.second));
    }
    CHECK(request("SIP-If-Match: a\r\nSIP-If-Match: b\r\n").is_fine());
    CHECK(request("Supported: a\r\nSupported: b\r\n").is_fine());
}

TEST_CASE("RFC 3261 7.3.3: compact names") {
    const std::pair<std::string_view, Header> names[] = {
        {"c", Header::content_type}, {"e", Header::content_encoding},
        {"F", Header::from},         {"i", Header::call_id},
        {"k", Header::supported},    {"L", Header::content_length},
        {"m", Header::contact},      {"o", Header::event},
        {"t", Header::to},           {"u", Header::allow_events},
        {"V", Header::via},          {"a", Header::other},
        {"", Header::other}};
    for (const auto& [name, id] : names) CHECK(header_of(name) == id);
}

TEST_CASE("every header is found by its own name in any case, and by no near name") {
    for (unsigned i = 1; i <= static_cast<unsigned>(Header::www_authenticate); ++i) {
        const Header id = static_cast<Header>(i);
        std::string name(name_of(id));
        CAPTURE(name);
        CHECK(header_of(name) == id);
        for (char& c : name) c = static_cast<char>(c ^ (c >= 'A' ? 0x20 : 0));
        CHECK(header_of(name) == id);
        name.back() = '!';
        CHECK(header_of(name) == Header::other);
    }
    CHECK(name_of(Header::other).empty());
    CHECK(header_of("Record\rRoute") == Header::other);
}

TEST_CASE("RFC 3261 7.1: methods by name") {
    for (unsigned i = 1; i <= static_cast<unsigned>(Method::prack); ++i) {
        CHECK(method_of(name_of(static_cast<Method>(i))) == static_cast<Method>(i));
    }
    CHECK(method_of("register") == Method::unknown);
    CHECK(method_of("") == Method::unknown);
}

TEST_CASE("RFC 3261 8.2.2: unknown headers are kept as they are, odd values do no harm") {
    const Read read = request("X-Odd: ;;,,=\" \r\nDate: not a date\r\nX-Odd: again\r\n");
    REQUIRE(read.is_fine());
    CHECK(read->header("X-Odd") == ";;,,=\"");
    CHECK(read->fields().back().value == "again");
    CHECK(read->fields().back().name == "X-Odd");
}

TEST_CASE("RFC 3261 8.2.2: a line that is no header is none that anybody needs") {
    for (const char* line : {"no colon here\r\n", ": x\r\n", "X Y: x\r\n"}) {
        const Read read = request(std::string(line) + "Subject: last\r\n");
        CHECK(read.is_fine());
        CHECK(read->fields().back().value == "last");
    }
    CHECK(Read("SUBSCRIBE sip:bob@example.com SIP/2.0\r\n" + kHeaders)
              .is_refused("Headers do not end"));
}

TEST_CASE("RFC 3261 7.3.2: a request's header twice in a response does no harm") {
    CHECK(response("SIP/2.0 200 OK", "Max-Forwards: 1\r\nMax-Forwards: 2\r\n").is_fine());
    CHECK(response("SIP/2.0 200 OK", "Expires: 1\r\nExpires: 2\r\n").is_fine());
    CHECK(response("SIP/2.0 200 OK", "Call-ID: 2\r\n").is_dropped("Duplicate Call-ID"));
}

TEST_CASE("RFC 3261 7.3.1: a parameter given twice is a fault") {
    CHECK(with("From", "<sip:a@h>;tag=1;TAG=1").is_refused("Parameter given twice"));
    CHECK(with("To", "<sip:a@h>;x;x=1").is_refused("Parameter given twice"));
    CHECK(with("Via", "SIP/2.0/UDP h;branch=z9hG4bK1;branch=z9hG4bK2")
              .is_refused("Parameter given twice"));
}

TEST_CASE("RFC 3261 7.3.1: more parameters than anybody needs are refused") {
    std::string value = "<sip:a@h>";
    for (int i = 0; i < 40; ++i) value += ";p" + std::to_string(i);
    CHECK(with("From", value).is_refused("Too many parameters"));
}

TEST_CASE("RFC 3261 25.1: quoted strings") {
    CHECK(with("From", "\"A \\\" > ;tag=no\" <sip:a@h>;tag=yes")->from_tag() == "yes");
    CHECK(with("From", "\"A<sip:b@h>\"<sip:a@h>;tag=yes")->from_tag() == "yes");
    CHECK(with("From", "\"A <sip:a@h>;tag=1").is_refused("Unterminated quoted string"));
    CHECK(with("From", std::string("\"A\\\0B\" <sip:a@h>;tag=1", 22)).is_fine());
    CHECK(with("From", "J\xc3\xbcrgen<sip:a@h>;tag=1").is_fine());
    CHECK(with("From", "A, B <sip:a@h>;tag=1").is_refused("Comma in display name"));
}

TEST_CASE("RFC 3261 20: without <> parameters are the header's") {
    CHECK(with("From", "sip:a@h;tag=1")->from_tag() == "1");
    CHECK(with("From", "<sip:a@h;tag=1>")->from_tag().empty());
    CHECK(with("From", "sip:a@h?x=1;tag=1").is_refused("Malformed address"));
    CHECK(with("From", "sip:a@h;tag=1;x=\"<y>\"")->from_tag() == "1");
    CHECK(with("From", "<sip:a@h").is_refused("Address without >"));
    CHECK(with("From", "<sip:a@h> x").is_refused("Malformed address"));
    CHECK(with("From", "<>").is_refused("Address without URI"));
    CHECK(with("From", "").is_refused("Empty address"));
    CHECK(with("From", "<sip:a@h>;=x").is_refused("Malformed parameter"));
    CHECK(with("From", "<sip:a@h>;tag=\"a b\"").is_refused("Malformed tag"));
}

TEST_CASE("RFC 3261 8.1.1.5: numbers") {
    CHECK(with("CSeq", "0000000000000000007 SUBSCRIBE")->cseq() == 7);
    CHECK(with("CSeq", "4294967295 SUBSCRIBE")->cseq() == 4294967295U);
    CHECK(with("CSeq", "4294967296 SUBSCRIBE").is_refused("CSeq out of range"));
    CHECK(with("CSeq", "99999999999999999999999 SUBSCRIBE").is_refused("CSeq out of range"));
    CHECK(with("CSeq", "7SUBSCRIBE").is_refused("Malformed CSeq"));
    CHECK(with("CSeq", "-7 SUBSCRIBE").is_refused("Malformed CSeq"));
    CHECK(with("CSeq", "7").is_refused("Malformed CSeq"));
    CHECK(request("Max-Forwards: 300\r\n").is_fine());
    CHECK(request("Content-Length: -5\r\n").is_refused("Malformed Content-Length"));
    CHECK(request("Content-Length: five\r\n").is_refused("Malformed Content-Length"));
    CHECK(request("Content-Length: \r\n").is_refused("Malformed Content-Length"));
    CHECK(request("Content-Length: 0004\r\n", "body")->body() == "body");
}

TEST_CASE("RFC 3261 18.3: Content-Length in a datagram") {
    CHECK(request("", "to the end")->body() == "to the end");
    CHECK(request("Content-Length: 2\r\n", "to the end")->body() == "to");
    CHECK(request("Content-Length: 2\r\n", "to the end")
              ->bytes()
              .substr(request("Content-Length: 2\r\n", "to the end")->bytes().size() - 4) ==
          "\r\nto");
    CHECK(request("Content-Length: 11\r\n", "to the end")
              .is_refused("Content-Length beyond the message"));
    CHECK(request("Content-Length: 99999999999999999999\r\n", "x")
              .is_refused("Content-Length beyond the message"));
    CHECK(response("SIP/2.0 200 OK", "Content-Length: 11\r\n", "to the end")
              .is_dropped("Content-Length beyond the message"));
}

TEST_CASE("RFC 3261 20.14: Content-Length is a must in a stream") {
    const std::string text = "SUBSCRIBE sip:bob@example.com SIP/2.0\r\n" + kHeaders;
    CHECK(Read(text + "\r\n", Framing::stream).is_refused("Missing Content-Length"));
    CHECK(Read(text + "l: 0\r\n\r\n", Framing::stream).is_fine());
}

TEST_CASE("RFC 4475 3.1.2.17, 3.1.2.18: the CSeq method is the request's") {
    CHECK(with("CSeq", "7 NOTIFY").is_refused("CSeq method differs from request"));
    CHECK(with("CSeq", "7 subscribe").is_refused("CSeq method differs from request"));
    CHECK(start_line("NEWMETHOD sip:bob@example.com SIP/2.0").is_fine());
}

TEST_CASE("RFC 4475 3.1.2.7: what a Request-URI may not be") {
    for (const char* uri : {"<sip:bob@example.com>", "sip:bob @example.com", "bob@example.com",
                            "sip:bob@example.com;;", "sip:2001:db8::10", "sip:bob@"}) {
        CAPTURE(uri);
        CHECK(start_line(std::string("SUBSCRIBE ") + uri + " SIP/2.0")
                  .is_refused("Malformed Request-URI"));
    }
    CHECK(start_line("SUBSCRIBE sip:bob@example.com?a=b SIP/2.0")
              .is_refused("Request-URI with headers"));
    CHECK(start_line("SUBSCRIBE sip:bob?x=y@example.com SIP/2.0").is_fine());
    CHECK(start_line("SUBSCRIBE http://example.com/?a=b SIP/2.0").is_fine());
}

TEST_CASE("RFC 4475 3.1.2.19: status codes from 100 to 699, any reason or none") {
    CHECK(response("SIP/2.0 100").is_fine());
    CHECK(response("SIP/2.0 699 ")->status() == 699);
    CHECK(response("sip/2.0 200 OK").is_fine());
    CHECK(response("SIP/2.0 099 x").is_dropped("Bad status code"));
    CHECK(response("SIP/2.0 700 x").is_dropped("Bad status code"));
    CHECK(response("SIP/2.0 4294967301 x").is_dropped("Bad status code"));
    CHECK(response("SIP/2.0 2x0 x").is_dropped("Bad status code"));
    CHECK(response("SIP/3.0 200 OK").is_dropped("Version not supported"));
}

TEST_CASE("RFC 5118: IPv6 in Via needs brackets, in received not") {
    const Read read =
        with("Via", "SIP/2.0/TCP [2001:db8::1]:5070;received=[2001:db8::2];maddr=2001:db8::3");
    REQUIRE(read.is_fine());
    CHECK(read->via().host == "2001:db8::1");
    CHECK(read->via().port == 5070);
    CHECK(read->via().received == "2001:db8::2");
    CHECK(read->via().maddr == "2001:db8::3");
    CHECK(with("Via", "SIP/2.0/TCP 2001:db8::1").is_dropped("Malformed sent-by in Via"));
    CHECK(with("Via", "SIP/2.0/TCP [2001:db8::1").is_dropped("Malformed sent-by in Via"));
    CHECK(with("Via", "SIP/2.0/TCP [nonsense]").is_dropped("Malformed sent-by in Via"));
}

TEST_CASE("RFC 3261 21.4.11: limits") {
    const std::string text = "SUBSCRIBE sip:bob@example.com SIP/2.0\r\n" + kHeaders;
    SUBCASE("of the message") {
        const Read read(text + "\r\n12345678", Framing::datagram, {.message = text.size() + 9});
        CHECK(read.is_refused("Message too large", 513));
        CHECK(read.result.error == Error::too_large);
        CHECK(
            Read(text + "\r\n1234567", Framing::datagram, {.message = text.size() + 9}).is_fine());
    }
    SUBCASE("of the body") {
        const Read read(text + "\r\n12345", Framing::datagram, {.body = 4});
        CHECK(read.is_refused("Body too large", 413));
        CHECK(read.result.error == Error::body_too_large);
        CHECK(Read(text + "\r\n1234", Framing::datagram, {.body = 4}).is_fine());
    }
    SUBCASE("of the Request-URI") {
        const Read read(text + "\r\n", Framing::datagram, {.request_uri = 10});
        CHECK(read.is_refused("Request-URI too long", 414));
        CHECK(read.result.error == Error::uri_too_long);
    }
    SUBCASE("of the number of headers, with those an answer needs still read") {
        const std::string many =
            "SUBSCRIBE sip:bob@example.com SIP/2.0\r\nA: 1\r\nB: 1\r\nC: 1\r\n";
        const Read read(many + kHeaders + "\r\n", Framing::datagram, {.headers = 2});
        CHECK(read.is_refused("Too many headers"));
        CHECK(read->call_id() == "c1@example.com");
        CHECK(read->fields().size() == 7);
    }
    SUBCASE("of a header") {
        CHECK(
            Read(
                text +
                    "Subject: 123456789012345678901234567890123456789012345678901234567890\r\n\r\n",
                Framing::datagram, {.header_value = 59})
                .is_refused("Header too long"));
        CHECK(
            Read(
                text +
                    "Subject: 123456789012345678901234567890123456789012345678901234567890\r\n\r\n",
                Framing::datagram, {.header_value = 60})
                .is_fine());
    }
    SUBCASE("no configuration makes the number of headers overflow its index") {
        std::string rows;
        for (int i = 0; i < 300; ++i) rows += "A: 1\r\n";
        const Read read("SUBSCRIBE sip:bob@example.com SIP/2.0\r\n" + rows + kHeaders + "\r\n",
                        Framing::datagram, {.headers = 1000});
        CHECK(read.is_dropped("Missing Via"));
        CHECK(read->fields().size() == 254);
    }
}

TEST_CASE("RFC 3261 8.1.1: what every request carries") {
    CHECK(without("From").is_refused("Missing From"));
    CHECK(without("To").is_refused("Missing To"));
    CHECK(without("Call-ID").is_refused("Missing Call-ID"));
    CHECK(without("CSeq").is_refused("Missing CSeq"));
    CHECK(without("Via").is_dropped("Missing Via"));
    CHECK(with("Call-ID", "").is_refused("Empty Call-ID"));
    CHECK(with("Call-ID", "a b").is_refused("Malformed Call-ID"));
    CHECK(without("CSeq")->call_id() == "c1@example.com");
}

TEST_CASE("RFC 3261 12.1.1: an old peer's From has no tag, its Via no cookie") {
    const Read tagless = with("From", "<sip:alice@example.com>");
    CHECK(tagless.is_fine());
    CHECK(tagless->from_tag().empty());
    const Read cookieless = with("Via", "SIP/2.0/UDP 192.0.2.1;branch=1");
    CHECK(cookieless.is_fine());
    CHECK(cookieless->via().branch == "1");
    CHECK(with("Via", "SIP/2.0/UDP 192.0.2.1").is_fine());
}

TEST_CASE("RFC 3261 20.42: a Via in all its forms") {
    const Read wide = with("Via",
                           "SIP / 2.0 / UDP   first.example.com : 4000 ; ttl = 16\r\n"
                           " ;maddr=224.2.0.1 ;branch = a7c6a8dlze.1 (a) ");
    CHECK(wide.is_refused("Malformed Via parameter"));
    CHECK(wide->via().host == "first.example.com");
    CHECK(wide->via().port == 4000);
    CHECK(wide->via().maddr == "224.2.0.1");

    const Read list = with("Via", "sip/2.0/tls a.example;branch=z9hG4bKa, SIP/2.0/UDP b.example");
    REQUIRE(list.is_fine());
    CHECK(list->via().text == "sip/2.0/tls a.example;branch=z9hG4bKa");
    CHECK(list->via().transport == "tls");
    CHECK(list->list(Header::via).size() == 2);

    CHECK(with("Via", "SIP/2.0/UDP h;rport=4000;received=192.0.2.9")->via().rport == 4000);
    CHECK(with("Via", "SIP/2.0/UDP h;rport=70000")->via().rport == 0);
    for (const char* value :
         {"", "UDP h", "SIP/2.0 h", "SIP/2.0/UDP", "HTTP/2.0/UDP h", "SIP/2.0/UDP ;branch=1",
          "SIP/2.0/UDP h:0", "SIP/2.0/UDP h:99999", "SIP/2.0/UDP h x", ","}) {
        CAPTURE(value);
        CHECK(with("Via", value).result.error == Error::drop);
    }
    CHECK(with("Via", "SIP/2.0/UDP h;received").is_refused("Malformed Via parameter"));
}

TEST_CASE("core 11: lines that end with LF alone") {
    std::string text = "SUBSCRIBE sip:bob@example.com SIP/2.0\r\n" + kHeaders + "\r\nbody";
    text.erase(std::remove(text.begin(), text.end(), '\r'), text.end());
    const Read read(text);
    REQUIRE(read.is_fine());
    CHECK(read->call_id() == "c1@example.com");
    CHECK(read->body() == "body");
}

TEST_CASE("RFC 3261 8.1.3: a response with a fault that matters is dropped") {
    CHECK(Read("SIP/2.0 200 OK\r\nCall-ID: 1\r\n\r\n").is_dropped("Missing Via"));
    CHECK(response("SIP/2.0 200 OK", "no header\r\n").is_fine());
    CHECK(response("SIP/2.0 200 OK", "CSeq: 2 NOTIFY\r\n").is_dropped("Duplicate CSeq"));
}

TEST_CASE("a message is read again into the same room") {
    std::string one =
        "SUBSCRIBE sip:bob@example.com SIP/2.0\r\n" + kHeaders + "Event: x\r\n\r\nbody";
    std::string two =
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK2\r\nFrom: <sip:a@h>\r\n"
        "To: <sip:b@h>\r\nCall-ID: 2\r\nCSeq: 1 NOTIFY\r\n\r\n";
    Message message;
    REQUIRE(parse_into(message, std::span<char>(one), Framing::datagram).error == Error::none);
    const HeaderField* const room = message.fields().data();

    REQUIRE(parse_into(message, std::span<char>(two), Framing::datagram).error == Error::none);

    CHECK(message.fields().data() == room);
    CHECK(message.status() == 200);
    CHECK(message.header(Header::event) == std::nullopt);
    CHECK(message.from_tag().empty());
    CHECK(message.body().empty());
}

TEST_CASE("an owned message does not need the bytes it came from") {
    auto read = std::make_unique<Read>(request("Event: presence;id=1\r\nX-Own: 2\r\n", "body"));
    const OwnedMessage owned(**read);
    std::fill(read->text.begin(), read->text.end(), '#');
    read.reset();

    CHECK(owned->method() == Method::subscribe);
    CHECK(owned->method_text() == "SUBSCRIBE");
    CHECK(owned->request_uri() == "sip:bob@example.com");
    CHECK(owned->header(Header::event) == "presence;id=1");
    CHECK(owned->header("X-Own") == "2");
    CHECK(owned->via().branch == "z9hG4bK1");
    CHECK(owned->via().rport_text == "rport");
    CHECK(owned->from_tag() == "a1");
    CHECK(owned->body() == "body");
}

TEST_CASE("RFC 3261 7.3.1: list values are taken one by one") {
    std::string_view rest = " a , \"b,c\" <sip:d,e@h> ,,\"open, f";
    CHECK(next_list_value(rest) == "a");
    CHECK(next_list_value(rest) == "\"b,c\" <sip:d,e@h>");
    CHECK(next_list_value(rest) == "\"open, f");
    CHECK(next_list_value(rest) == std::nullopt);
}

}  // namespace herald::sip::message_test
