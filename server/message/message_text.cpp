// server/message/message_text.cpp: a MESSAGE as it is sent on, kept, and written anew for a
// recipient who comes later (RFC 3428, RFC 3261 16.6).
#include "server/message/message_text.h"

#include <algorithm>
#include <array>

#include "base/id.h"
#include "base/text.h"
#include "server/core/subscription.h"
#include "sip/answer.h"
#include "sip/fields.h"
#include "sip/privacy.h"

namespace herald::server {

namespace {

constexpr std::uint32_t kDefaultHops = 70;
constexpr std::uint32_t kMostHops = 255;
constexpr std::size_t kMostKeptHeaders = 8192;

void append_line(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

bool is_for_realm(std::string_view credentials, std::string_view realm) {
    const auto field = sip::parse_auth(credentials);
    return field && field->parameter("realm") == realm;
}

/// Whether a header of a request goes on as it came.
bool is_copied(const sip::HeaderField& field, const RelayRules& rules) {
    switch (field.id) {
        case sip::Header::via:
        case sip::Header::cseq:
        case sip::Header::max_forwards:
        case sip::Header::content_length:
            return false;
        case sip::Header::route:
            return rules.keeps_routes;
        case sip::Header::p_asserted_identity:
            return rules.keeps_identity;
        case sip::Header::authorization:
        case sip::Header::proxy_authorization:
            return !is_for_realm(field.value, rules.realm);
        default:
            // A hint for the first server that knows its sender (RFC 3325 6).
            return !base::iequals(field.name, "Max-Breadth") &&
                   !base::iequals(field.name, "P-Preferred-Identity");
    }
}

std::uint32_t hops_left(const sip::Message& request) {
    const auto value = request.header(sip::Header::max_forwards);
    const auto hops = value ? base::to_u32_clamped(*value) : std::nullopt;
    if (!hops || *hops > kMostHops) return kDefaultHops;
    return *hops == 0 ? 0 : *hops - 1;
}

void append_end(std::string& out, std::string_view body) {
    out += "Content-Length: ";
    base::append_number(out, body.size());
    out += "\r\n\r\n";
    out += body;
}

/// Headers that belong to the message rather than to its route.
bool is_kept(const sip::HeaderField& field, bool keeps_identity) {
    switch (field.id) {
        case sip::Header::content_type:
        case sip::Header::content_disposition:
        case sip::Header::content_encoding:
            return true;
        case sip::Header::p_asserted_identity:
            return keeps_identity;
        case sip::Header::other:
            break;
        default:
            return false;
    }
    constexpr std::array<std::string_view, 9> kNames{
        "Subject",      "s",           "Content-Language",
        "MIME-Version", "Priority",    "Reply-To",
        "Organization", "In-Reply-To", "Content-Transfer-Encoding"};
    return std::any_of(kNames.begin(), kNames.end(),
                       [&](std::string_view name) { return base::iequals(name, field.name); });
}

/// An address without its tag.
std::string without_tag(std::string_view value) {
    const auto address = sip::parse_name_address(value);
    if (!address) return std::string(value);
    std::string text;
    const auto end = address->uri.data() + address->uri.size();
    const bool has_brackets = end < value.data() + value.size() && *end == '>';
    if (has_brackets) {
        text = value.substr(0, static_cast<std::size_t>(end - value.data()) + 1);
    } else {
        text.append("<").append(address->uri).append(">");
    }
    auto parameters = address->parameters;
    while (const auto next = sip::next_parameter(parameters)) {
        if (base::iequals(next->name, "tag")) continue;
        text.append(";").append(next->name);
        if (next->has_value) text.append("=").append(next->value);
    }
    return text;
}

}  // namespace

std::string relayed_text(const sip::Message& request, const sip::Endpoint& source,
                         const RelayRules& rules) {
    std::string text;
    text.reserve(request.bytes().size() + 100);
    // First, and as written here: the transaction layer reads it back.
    text += "CSeq: ";
    base::append_number(text, request.cseq());
    text.append(" ").append(request.method_text()).append("\r\n");
    sip::append_vias(text, request, source);
    text += "Max-Forwards: ";
    base::append_number(text, hops_left(request));
    text += "\r\n";
    text += rules.own_lines;
    RelayRules asked = rules;
    asked.keeps_identity = rules.keeps_identity && !sip::asks_privacy(request, "id");
    for (const auto& field : request.fields()) {
        if (is_copied(field, asked)) append_line(text, field.name, field.value);
    }
    append_end(text, request.body());
    return text;
}

std::optional<base::WallTime> date_of(std::string_view value) {
    const auto seconds = base::from_http_date(value);
    if (!seconds) return std::nullopt;
    return base::WallTime(std::chrono::seconds(*seconds));
}

base::WallTime expiry_of(const sip::Message& request, base::WallTime now) {
    const auto value = request.header(sip::Header::expires);
    const auto seconds = value ? sip::parse_delta_seconds(*value) : std::nullopt;
    if (!seconds || *seconds == 0) return {};
    const auto date = date_of(request.header(sip::Header::date).value_or(""));
    return date.value_or(now) + std::chrono::seconds(*seconds);
}

store::Message kept_form(const sip::Message& request, base::WallTime now, base::Duration keep,
                         bool keeps_identity) {
    store::Message message;
    message.from = without_tag(request.from());
    message.to = without_tag(request.to());
    message.date = date_of(request.header(sip::Header::date).value_or("")).value_or(now);
    message.expires_at = expiry_of(request, now);
    message.keep_until = now + std::chrono::duration_cast<std::chrono::milliseconds>(keep);
    if (message.expires_at != base::WallTime{})
        message.keep_until = std::min(message.keep_until, message.expires_at);
    const bool is_shown = keeps_identity && !sip::asks_privacy(request, "id");
    for (const auto& field : request.fields()) {
        if (!is_kept(field, is_shown)) continue;
        if (message.headers.size() + field.value.size() > kMostKeptHeaders) continue;
        append_line(message.headers, field.name, field.value);
    }
    message.body = request.body();
    message.size = size_of(message);
    return message;
}

std::string delivery_text(const store::Message& message, base::WallTime now) {
    std::string text;
    text.reserve(message.body.size() + message.headers.size() + 512);
    text += "CSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\n";
    append_line(text, "From", message.from + ";tag=" + base::random_token(8));
    append_line(text, "To", message.to);
    append_line(text, "Call-ID", base::random_token(15));
    append_line(text, "Date",
                base::to_http_date(message.date.time_since_epoch() / std::chrono::seconds(1)));
    if (message.expires_at != base::WallTime{}) {
        append_line(text, "Expires", std::to_string(seconds_left(message.expires_at, now)));
    }
    text += message.headers;
    append_end(text, message.body);
    return text;
}

std::string_view line_value(std::string_view lines, std::string_view name) {
    while (!lines.empty()) {
        const auto [line, rest, found] = base::split_once(lines, '\n');
        const auto [key, value, has_colon] = base::split_once(line, ':');
        if (has_colon && base::iequals(base::trim(key), name)) return base::trim(value);
        lines = rest;
    }
    return {};
}

std::uint64_t size_of(const store::Message& message) noexcept {
    return message.headers.size() + message.body.size();
}

}  // namespace herald::server
