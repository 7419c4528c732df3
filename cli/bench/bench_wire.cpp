// cli/bench/bench_wire.cpp: SIP as the load generator reads and writes it.
#include "cli/bench/bench_wire.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace herald::cli::bench {
namespace {

constexpr std::string_view kOk = "SIP/2.0 200 OK\r\n";
constexpr std::string_view kNoDialog = "481";
constexpr std::string_view kEnd = "Content-Length: 0\r\n\r\n";
/// Stands before a sequence number.
constexpr std::string_view kMark = "bench-n=";

enum class Line : std::uint8_t {
    other,
    via,
    from,
    to,
    call_id,
    cseq,
    contact,
    subscription_state,
    sip_etag,
};

/// Long and compact names (RFC 3261 7.3.3, 20). The length rules out almost all of the others.
Line line_of(std::string_view name) noexcept {
    switch (name.size()) {
        case 1:
            switch (base::to_lower(name[0])) {
                case 'v':
                    return Line::via;
                case 'f':
                    return Line::from;
                case 't':
                    return Line::to;
                case 'i':
                    return Line::call_id;
                case 'm':
                    return Line::contact;
                default:
                    return Line::other;
            }
        case 2:
            return base::iequals(name, "To") ? Line::to : Line::other;
        case 3:
            return base::iequals(name, "Via") ? Line::via : Line::other;
        case 4:
            if (base::iequals(name, "From")) return Line::from;
            return base::iequals(name, "CSeq") ? Line::cseq : Line::other;
        case 7:
            if (base::iequals(name, "Call-ID")) return Line::call_id;
            return base::iequals(name, "Contact") ? Line::contact : Line::other;
        case 8:
            return base::iequals(name, "SIP-ETag") ? Line::sip_etag : Line::other;
        case 18:
            return base::iequals(name, "Subscription-State") ? Line::subscription_state
                                                             : Line::other;
        default:
            return Line::other;
    }
}

/// The tag parameter of a From or To value.
std::string_view tag_of(std::string_view value) noexcept {
    const auto address_end = value.rfind('>');
    const auto parameters =
        address_end == std::string_view::npos ? value : value.substr(address_end + 1);
    const auto at = parameters.find(";tag=");
    if (at == std::string_view::npos) return {};
    const auto tag = parameters.substr(at + 5);
    return tag.substr(0, std::min(tag.find_first_of("; \t,"), tag.size()));
}

std::string_view uri_in(std::string_view value) noexcept {
    const auto open = value.find('<');
    if (open == std::string_view::npos) return value.substr(0, value.find(';'));
    const auto close = value.find('>', open);
    if (close == std::string_view::npos) return {};
    return value.substr(open + 1, close - open - 1);
}

std::uint32_t leading_number(std::string_view text) noexcept {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < text.size() && i < 9 && base::is_digit(text[i]); ++i) {
        number = number * 10 + static_cast<std::uint32_t>(text[i] - '0');
    }
    return number;
}

void note(DialogHead& head, Line line, std::string_view value) noexcept {
    switch (line) {
        case Line::from:
            head.from_tag = tag_of(value);
            break;
        case Line::to:
            head.to_tag = tag_of(value);
            break;
        case Line::cseq:
            head.cseq = leading_number(value);
            break;
        case Line::contact:
            head.contact = uri_in(value);
            break;
        case Line::sip_etag:
            head.entity_tag = value;
            break;
        case Line::subscription_state:
            head.is_terminated = base::istarts_with(value, "terminated");
            break;
        default:
            break;
    }
}

bool is_repeated(Line line) noexcept {
    return line >= Line::via && line <= Line::cseq;
}

bool append(AnswerText& answer, std::string_view text) noexcept {
    if (answer.size + text.size() > answer.bytes.size()) return false;
    std::memcpy(answer.bytes.data() + answer.size, text.data(), text.size());
    answer.size += text.size();
    return true;
}

/// Goes over the lines after the first; those an answer repeats are appended to `answer`, if any.
std::optional<DialogHead> scan(std::string_view message, AnswerText* answer) noexcept {
    DialogHead head;
    auto at = message.find('\n');
    while (at != std::string_view::npos) {
        const auto begin = at + 1;
        at = message.find('\n', begin);
        if (at == std::string_view::npos) return std::nullopt;
        const std::string_view whole = message.substr(begin, at + 1 - begin);
        if (whole.size() <= 2) {
            head.body = message.substr(at + 1);
            return head;
        }
        const auto colon = whole.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        const Line line = line_of(base::trim(whole.substr(0, colon)));
        if (line == Line::other) continue;
        note(head, line, base::trim(whole.substr(colon + 1)));
        if (answer && is_repeated(line) && !append(*answer, whole)) return std::nullopt;
    }
    return std::nullopt;
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out += name;
    out += value;
    out += "\r\n";
}

void append_address(std::string& out, std::string_view name, std::string_view uri,
                    std::string_view tag) {
    out += name;
    out += uri;
    out += '>';
    if (!tag.empty()) {
        out += ";tag=";
        out += tag;
    }
    out += "\r\n";
}

}  // namespace

std::optional<DialogHead> read_head(std::string_view message) noexcept {
    return scan(message, nullptr);
}

std::optional<DialogHead> answer_request(std::string_view request, AnswerText& answer) noexcept {
    answer.size = 0;
    append(answer, kOk);
    auto head = scan(request, &answer);
    if (!head || !append(answer, kEnd)) return std::nullopt;
    return head;
}

void deny(AnswerText& answer) noexcept {
    std::memcpy(answer.bytes.data() + kOk.find("200"), kNoDialog.data(), kNoDialog.size());
}

std::uint64_t highest_sequence(std::string_view body) noexcept {
    std::uint64_t highest = 0;
    const char* at = body.data();
    const char* const end = at + body.size();
    while (at < end) {
        const void* found =
            memmem(at, static_cast<std::size_t>(end - at), kMark.data(), kMark.size());
        if (!found) break;
        at = static_cast<const char*>(found) + kMark.size();
        std::uint64_t number = 0;
        for (; at < end && base::is_digit(*at); ++at) {
            number = number * 10 + static_cast<std::uint64_t>(*at - '0');
        }
        highest = std::max(highest, number);
    }
    return highest;
}

std::string marked(std::uint64_t sequence) {
    std::string text(kMark);
    base::append_number(text, sequence);
    return text;
}

void write_document(std::string& out, std::string_view entity, std::uint64_t sequence,
                    std::size_t size) {
    constexpr std::string_view kActivities[] = {"meeting", "busy", "travel", "meal"};
    out = R"(<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model")"
          R"( xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity=")";
    out += entity;
    out += R"("><tuple id="phone"><status><basic>)";
    out += sequence % 2 == 0 ? "open" : "closed";
    out += R"(</basic></status><contact priority="0.8">)";
    out += entity;
    out += R"(</contact></tuple><dm:person id="person"><rpid:activities><rpid:)";
    out += kActivities[sequence / 2 % std::size(kActivities)];
    out += "/></rpid:activities><dm:note>";
    out += marked(sequence);
    constexpr std::string_view kTail = "</dm:note></dm:person></presence>\n";
    if (out.size() + kTail.size() < size) out.append(size - out.size() - kTail.size(), '.');
    out += kTail;
}

void write_summary(std::string& out, std::string_view domain, std::uint64_t sequence,
                   bool is_waiting) {
    out = is_waiting ? "Messages-Waiting: yes\r\n" : "Messages-Waiting: no\r\n";
    out += "Message-Account: sip:";
    out += marked(sequence);
    out += '@';
    out += domain;
    out += is_waiting ? "\r\nVoice-Message: 1/3 (0/0)\r\n" : "\r\nVoice-Message: 0/4 (0/0)\r\n";
}

void write_call(std::string& out, std::string_view entity, std::uint32_t step,
                std::uint64_t sequence) {
    constexpr std::string_view kStates[] = {"trying", "early", "confirmed", "terminated"};
    const std::string call = std::to_string(step / std::size(kStates));
    out =
        R"(<?xml version="1.0"?><dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version=")";
    base::append_number(out, step);
    out.append(R"(" state="full" entity=")").append(entity).append(R"("><dialog id=")");
    out.append(call).append(R"(" call-id=")").append(call).append("-").append(entity);
    out.append(R"(" local-tag="l" remote-tag="r" direction="recipient"><state>)");
    out.append(kStates[step % std::size(kStates)]).append("</state><remote><identity display=\"");
    out.append(marked(sequence)).append(R"(">sip:caller@example.com</identity></remote>)");
    out += "</dialog></dialog-info>";
}

void write_request(std::string& out, const RequestParts& parts) {
    out = parts.method;
    out += ' ';
    out += parts.request_uri;
    ((out += " SIP/2.0\r\nVia: SIP/2.0/") += parts.transport) += ' ';
    append_line(out, "", parts.via);
    out += "Max-Forwards: 70\r\n";
    append_address(out, "From: <", parts.from, parts.from_tag);
    append_address(out, "To: <", parts.to, parts.to_tag);
    append_line(out, "Call-ID: ", parts.call_id);
    out += "CSeq: ";
    base::append_number(out, parts.cseq);
    append_line(out, " ", parts.method);
    if (!parts.contact.empty()) {
        out += "Contact: ";
        if (!parts.contact_name.empty()) ((out += '"') += parts.contact_name) += "\" ";
        append_address(out, "<", parts.contact, {});
    }
    append_line(out, "Event: ", parts.event);
    append_line(out, "SIP-If-Match: ", parts.entity_tag);
    out += parts.authorization;
    if (parts.expires) {
        out += "Expires: ";
        base::append_number(out, *parts.expires);
        out += "\r\n";
    }
    if (!parts.body.empty()) append_line(out, "Content-Type: ", parts.content_type);
    out += "Content-Length: ";
    base::append_number(out, parts.body.size());
    out += "\r\n\r\n";
    out += parts.body;
}

}  // namespace herald::cli::bench
