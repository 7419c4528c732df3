// tests/fuzz/sip_fields_fuzz.cpp: any text as each of the typed header values.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sip/fields.h"
#include "sip/multipart.h"

using namespace herald::sip;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

bool is_inside(std::string_view view, std::string_view text) {
    return view.data() == nullptr ||
           (view.data() >= text.data() && view.data() + view.size() <= text.data() + text.size());
}

void try_address(std::string_view text) {
    const auto address = parse_name_address(text);
    if (!address) return;
    require(!address->uri.empty());
    require(is_inside(address->uri, text) && is_inside(address->display_name, text));
    std::string_view rest = address->parameters;
    while (next_parameter(rest)) {
    }
    require(rest.empty());
}

void try_list(std::string_view text) {
    std::string_view rest = text;
    std::size_t total = 0;
    while (const auto value = next_list_value(rest)) {
        require(!value->empty() && is_inside(*value, text));
        total += value->size();
    }
    require(rest.empty() && total <= text.size());
}

void try_auth(std::string_view text) {
    const auto auth = parse_auth(text);
    if (!auth) return;
    require(!auth->scheme.empty() && !auth->parameters.empty());
    for (const auto& [name, value] : auth->parameters) require(auth->parameter(name) == value);
    require(auth->quoted.size() <= auth->parameters.size());
}

void try_accept(std::string_view text) {
    std::string message =
        "OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@h>\r\nTo: <sip:b@h>\r\n"
        "Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nContact: ";
    message += text;
    message += "\r\nAccept: ";
    message += text;
    message += "\r\n\r\n";
    const ParseResult result = parse(std::span<char>(message), Framing::datagram);
    const auto chosen = choose_media_type(result.message, {"application/pidf+xml", "text/plain"});
    require(!chosen || *chosen == "application/pidf+xml" || *chosen == "text/plain");
    const auto contact = sole_contact(result.message);
    if (contact) require(parse_uri(contact->uri).has_value());
}

void try_part(const BodyPart& part, std::string_view text) {
    require(is_inside(part.content, text));
    for (const BodyPart& inner : part.parts) try_part(inner, part.content);
}

void try_body(std::string_view text) {
    std::string message =
        "MESSAGE sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@h>\r\nTo: <sip:b@h>\r\n"
        "Call-ID: 1\r\nCSeq: 1 MESSAGE\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n--b\r\n";
    message += text;
    message += "\r\n--b--";
    const ParseResult result = parse(std::span<char>(message), Framing::datagram);
    if (const auto body = parse_body(result.message)) try_part(*body, message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try_address(text);
    try_list(text);
    try_auth(text);
    try_accept(text);
    try_body(text);
    if (const auto event = parse_event(text)) require(is_inside(event->type, text));
    if (const auto state = parse_subscription_state(text)) require(!state->state.empty());
    if (const auto type = parse_media_type(text)) require(*parse_media_type(*type) == *type);
    (void)parse_delta_seconds(text);
    require(unquote(text).size() <= text.size());
    return 0;
}
