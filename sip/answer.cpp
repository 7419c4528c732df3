// sip/answer.cpp: writes the response to a request (RFC 3261 8.2.6, 18.2.1, 3581 4).
#include "sip/answer.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "sip/grammar.h"
#include "sip/parts.h"

namespace herald::sip {
namespace {

struct Phrase {
    int status;
    std::string_view text;
};
/// In order of status.
constexpr Phrase kPhrases[] = {
    {100, "Trying"},
    {180, "Ringing"},
    {181, "Call Is Being Forwarded"},
    {182, "Queued"},
    {183, "Session Progress"},
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Notification"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Moved Temporarily"},
    {305, "Use Proxy"},
    {380, "Alternative Service"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {412, "Conditional Request Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Unsupported URI Scheme"},
    {420, "Bad Extension"},
    {421, "Extension Required"},
    {423, "Interval Too Brief"},
    {430, "Flow Failed"},
    {439, "First Hop Lacks Outbound Support"},
    {440, "Max-Breadth Exceeded"},
    {480, "Temporarily Unavailable"},
    {481, "Call/Transaction Does Not Exist"},
    {482, "Loop Detected"},
    {483, "Too Many Hops"},
    {484, "Address Incomplete"},
    {485, "Ambiguous"},
    {486, "Busy Here"},
    {487, "Request Terminated"},
    {488, "Not Acceptable Here"},
    {489, "Bad Event"},
    {491, "Request Pending"},
    {493, "Undecipherable"},
    {494, "Security Agreement Required"},
    {500, "Server Internal Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Server Time-out"},
    {505, "Version Not Supported"},
    {513, "Message Too Large"},
    {555, "Push Notification Service Not Supported"},
    {600, "Busy Everywhere"},
    {603, "Decline"},
    {604, "Does Not Exist Anywhere"},
    {606, "Not Acceptable"},
};
static_assert(std::is_sorted(std::begin(kPhrases), std::end(kPhrases),
                             [](const Phrase& a, const Phrase& b) { return a.status < b.status; }));

void append_line(std::string& out, std::string_view start, std::string_view value) {
    out += start;
    out += value;
    out += "\r\n";
}

void append_line(std::string& out, std::string_view start, std::uint64_t number) {
    out += start;
    base::append_number(out, number);
    out += "\r\n";
}

void append_received(std::string& out, const Via& via, const Endpoint& source) {
    bool is_wanted = via.has_rport;
    if (!is_wanted) {
        const std::optional<Endpoint> sent_by = Endpoint::from(via.host, source.port());
        is_wanted = !sent_by || !same_host(*sent_by, source);
    }
    if (!is_wanted) return;
    out += ";received=";
    source.append_host(out);
}

/// A Via without the `received` it came with, which is not believed.
void append_without_received(std::string& out, const Via& via, const Endpoint& source) {
    const std::size_t end = via.text.find(';');
    out += via.text.substr(0, end);
    std::string_view rest =
        end == std::string_view::npos ? std::string_view() : via.text.substr(end + 1);
    while (const std::optional<Parameter> parameter = next_parameter(rest)) {
        if (base::iequals(parameter->name, "received")) continue;
        out += ';';
        out += parameter->name;
        if (base::iequals(parameter->name, "rport")) {
            out += '=';
            base::append_number(out, source.port());
        } else if (parameter->has_value) {
            out += '=';
            out += parameter->value;
        }
    }
}

void append_top_via(std::string& out, std::string_view row, const Via& via,
                    const Endpoint& source) {
    out += "Via: ";
    if (via.has_received) {
        append_without_received(out, via, source);
    } else if (via.has_rport) {
        const auto at = static_cast<std::size_t>(via.rport_text.data() - via.text.data());
        out += via.text.substr(0, at);
        out += "rport=";
        base::append_number(out, source.port());
        out += via.text.substr(at + via.rport_text.size());
    } else {
        out += via.text;
    }
    append_received(out, via, source);
    // What follows the comma of a row with several values.
    const auto used = static_cast<std::size_t>(via.text.data() + via.text.size() - row.data());
    append_line(out, row.substr(used), "");
}

void append_record_routes(std::string& out, const Message& request) {
    if (request.count(Header::record_route) == 0) return;
    for (const HeaderField& field : request.fields()) {
        if (field.id == Header::record_route) append_line(out, "Record-Route: ", field.value);
    }
}

/// Whether `text` holds a parameter called tag, wherever a fault left it.
bool mentions_tag(std::string_view text) {
    while (true) {
        const std::size_t semicolon = text.find(';');
        if (semicolon == std::string_view::npos) return false;
        text = grammar::skip_blanks(text.substr(semicolon + 1));
        if (!base::istarts_with(text, "tag")) continue;
        const std::string_view rest = grammar::skip_blanks(text.substr(3));
        if (rest.empty() || rest.front() == '=' || rest.front() == ';') return true;
    }
}

/// Whether `to` already has a tag parameter, even an invalid one: an empty tag, or one behind
/// another fault, is what a 400 complains of, and adding a second one would be a fault of ours.
bool has_tag_parameter(std::string_view to) {
    NameAddress address;
    const bool is_readable = read_name_address(to, address) == nullptr &&
                             parameters_fault(address.parameters) == nullptr;
    return is_readable ? address.parameter("tag").has_value() : mentions_tag(to);
}

void append_to(std::string& out, const Message& request, const Answer& answer,
               std::string_view derived_tag) {
    out += "To: ";
    out += request.to();
    const std::string_view tag = answer.to_tag.empty() ? derived_tag : answer.to_tag;
    const bool wants_tag =
        request.to_tag().empty() && answer.status != 100 && !tag.empty() && !answer.is_tagless;
    if (wants_tag && !has_tag_parameter(request.to())) {
        out += ";tag=";
        out += tag;
    }
    out += "\r\n";
}

/// delay in seconds behind the peer's own number (RFC 3261 20.38).
void append_timestamp(std::string& out, std::string_view stamp, base::Duration delay) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(delay).count();
    const auto whole = static_cast<std::uint64_t>(ms < 0 ? 0 : ms);
    out += "Timestamp: ";
    out += stamp.substr(0, stamp.find_first_of(" \t"));
    out += ' ';
    base::append_number(out, whole / 1000);
    out += '.';
    const char digits[] = {static_cast<char>('0' + whole / 100 % 10),
                           static_cast<char>('0' + whole / 10 % 10),
                           static_cast<char>('0' + whole % 10)};
    out.append(digits, sizeof digits);
    out += "\r\n";
}

/// Via to CSeq: what the request supplies.
void append_identity(std::string& out, const Message& request, const Endpoint& source,
                     const Answer& answer, std::string_view derived_tag) {
    append_vias(out, request, source);
    if (answer.with_record_route) append_record_routes(out, request);
    if (!request.from().empty()) append_line(out, "From: ", request.from());
    if (!request.to().empty()) append_to(out, request, answer, derived_tag);
    if (!request.call_id().empty()) append_line(out, "Call-ID: ", request.call_id());
    if (const auto cseq = request.header(Header::cseq)) append_line(out, "CSeq: ", *cseq);
    if (answer.status != 100) return;
    if (const auto stamp = request.header(Header::timestamp)) {
        append_timestamp(out, *stamp, answer.delay);
    }
}

}  // namespace

std::string_view reason_phrase(int status) noexcept {
    const auto* const found =
        std::lower_bound(std::begin(kPhrases), std::end(kPhrases), status,
                         [](const Phrase& phrase, int wanted) { return phrase.status < wanted; });
    return found != std::end(kPhrases) && found->status == status ? found->text : "Unknown";
}

void append_vias(std::string& out, const Message& request, const Endpoint& source) {
    bool is_top = true;
    for (const HeaderField& field : request.fields()) {
        if (field.id != Header::via) continue;
        if (is_top && !request.via().text.empty()) {
            append_top_via(out, field.value, request.via(), source);
        } else {
            append_line(out, "Via: ", field.value);
        }
        is_top = false;
    }
}

void append_response(std::string& out, const Message& request, const Endpoint& source,
                     const Answer& answer, std::string_view contact, std::string_view derived_tag) {
    out += "SIP/2.0 ";
    base::append_number(out, static_cast<std::uint64_t>(answer.status));
    out += ' ';
    append_line(out, "", answer.reason.empty() ? reason_phrase(answer.status) : answer.reason);
    append_identity(out, request, source, answer, derived_tag);

    if (answer.with_contact && !contact.empty()) append_line(out, "Contact: ", contact);
    if (answer.expires) append_line(out, "Expires: ", *answer.expires);
    if (answer.min_expires) append_line(out, "Min-Expires: ", *answer.min_expires);
    if (answer.retry_after) append_line(out, "Retry-After: ", *answer.retry_after);
    if (!answer.entity_tag.empty()) append_line(out, "SIP-ETag: ", answer.entity_tag);
    out += answer.headers;
    if (!answer.content_type.empty()) append_line(out, "Content-Type: ", answer.content_type);
    append_line(out, "Content-Length: ", answer.body.size());
    out += "\r\n";
    out += answer.body;
}

}  // namespace herald::sip
