// tests/fuzz/sip_message_fuzz.cpp: any bytes as a message: views stay inside, parsing is
// repeatable, answers parse.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sip/answer.h"
#include "sip/message.h"

using namespace herald::sip;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void require_inside(std::string_view view, std::string_view text) {
    if (view.data() == nullptr) return;
    require(view.data() >= text.data() && view.data() + view.size() <= text.data() + text.size());
}

void require_views_inside(const Message& message, std::string_view text) {
    const Via& via = message.via();
    for (const std::string_view view :
         {message.bytes(), message.method_text(), message.request_uri(), message.reason(),
          message.body(), message.call_id(), message.from(), message.to(), message.from_tag(),
          message.to_tag(), via.text, via.transport, via.host, via.branch, via.received, via.maddr,
          via.rport_text}) {
        require_inside(view, text);
    }
    for (const HeaderField& field : message.fields()) {
        require_inside(field.name, text);
        require_inside(field.value, text);
        require(field.value.find_first_of("\r\n") == std::string_view::npos);
        require(header_of(field.name) == field.id);
    }
}

void require_same(const Message& a, const Message& b) {
    require(a.status() == b.status() && a.method() == b.method() && a.cseq() == b.cseq());
    require(a.method_text() == b.method_text() && a.request_uri() == b.request_uri());
    require(a.reason() == b.reason() && a.body() == b.body() && a.bytes() == b.bytes());
    require(a.call_id() == b.call_id() && a.from() == b.from() && a.to() == b.to());
    require(a.from_tag() == b.from_tag() && a.to_tag() == b.to_tag());
    require(a.via().text == b.via().text && a.via().host == b.via().host);
    require(a.via().branch == b.via().branch && a.via().port == b.via().port);
    require(a.via().rport_text == b.via().rport_text && a.via().received == b.via().received);
    require(a.fields().size() == b.fields().size());
    for (std::size_t i = 0; i < a.fields().size(); ++i) {
        require(a.fields()[i].id == b.fields()[i].id);
        require(a.fields()[i].name == b.fields()[i].name);
        require(a.fields()[i].value == b.fields()[i].value);
    }
}

/// A peek sees what a parse sees.
void require_peek_agrees(std::string_view text, const ParseResult& result) {
    const auto head = peek_response(text);
    if (!head || result.error != ParseOutcome::Error::none) return;
    require(!result.message.is_request());
    require(head->status == result.message.status());
    require(head->cseq == result.message.cseq());
    require(head->method == result.message.method());
    require(head->branch == result.message.via().branch);
    require(head->has_contact == (result.message.count(Header::contact) != 0));
}

void require_answerable(const ParseResult& result) {
    const bool is_good = result.error == ParseOutcome::Error::none;
    if (result.error == ParseOutcome::Error::drop || !result.message.is_request()) return;
    Answer answer;
    if (!is_good) {
        answer.status = result.answer_status;
        answer.reason = result.reason;
    }
    std::string out;
    append_response(out, result.message, *Endpoint::from("192.0.2.1", 5060), answer, "", "tag");
    const ParseResult read = parse(std::span<char>(out), Framing::stream);
    require(read.message.status() == answer.status);
    if (!is_good) return;
    require(read.error == ParseOutcome::Error::none || read.error == ParseOutcome::Error::drop);
    if (read.error == ParseOutcome::Error::none) {
        require(read.message.call_id() == result.message.call_id());
        require(read.message.via().branch == result.message.via().branch);
        require(!read.message.to_tag().empty());
        require(read.message.via().received.empty() || read.message.via().received == "192.0.2.1");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const Framing framing = data[0] % 2 == 0 ? Framing::datagram : Framing::stream;
    const std::string input(reinterpret_cast<const char*>(data) + 1, size - 1);

    std::string first = input;
    const ParseResult result = parse(std::span<char>(first), framing);
    require((result.answer_status != 0) == (result.error != ParseOutcome::Error::none &&
                                            result.error != ParseOutcome::Error::drop));
    require_views_inside(result.message, first);

    Message again;
    const ParseOutcome outcome = parse_into(again, std::span<char>(first), framing);
    require(outcome.error == result.error && outcome.reason == std::string_view(result.reason));
    require_same(again, result.message);

    const OwnedMessage owned(result.message);
    require_same(*owned, result.message);

    require_peek_agrees(input, result);
    require_answerable(result);
    return 0;
}
