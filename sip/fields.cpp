// sip/fields.cpp: Contact, Event, Subscription-State, delta-seconds and media types, read when
// somebody asks.
#include "sip/fields.h"

#include "base/text.h"
#include "sip/grammar.h"
#include "sip/parts.h"

namespace herald::sip {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

Fault malformed_field(const char* why) {
    return {FaultKind::malformed, why};
}

/// A value that begins with a token and goes on with parameters.
struct TokenField {
    std::string_view token;
    std::string_view parameters;
};

const char* read_token_field(std::string_view value, TokenField& field) noexcept {
    const std::size_t end = value.find(';');
    field.token = grammar::trim(value.substr(0, end));
    if (end != kNone) field.parameters = value.substr(end + 1);
    if (!grammar::all(field.token, grammar::kToken)) return "Token expected";
    return parameters_fault(field.parameters);
}

/// How specific a media range is that takes a type in.
enum Match { kNoMatch, kAnyType, kAnySubtype, kExact };

struct MediaRange {
    std::string_view type;
    std::string_view subtype;
    unsigned quality = 1000;  ///< q in thousandths
};

/// qvalue in thousandths; what is no qvalue counts as 1 (the peer listed the type, after all).
unsigned parse_quality(std::string_view text) noexcept {
    constexpr unsigned kFull = 1000;
    if (text.empty() || (text[0] != '0' && text[0] != '1')) return kFull;
    if (text[0] == '1' || text.size() == 1) return text[0] == '1' ? kFull : 0;
    if (text[1] != '.' || text.size() > 5) return kFull;
    unsigned value = 0;
    unsigned unit = 100;
    for (const char c : text.substr(2)) {
        if (!base::is_digit(c)) return kFull;
        value += static_cast<unsigned>(c - '0') * unit;
        unit /= 10;
    }
    return value;
}

std::optional<MediaRange> parse_media_range(std::string_view value) noexcept {
    const std::size_t end = value.find(';');
    const base::Split names = base::split_once(value.substr(0, end), '/');
    MediaRange range{grammar::trim(names.before), grammar::trim(names.after)};
    if (!grammar::all(range.type, grammar::kToken) ||
        !grammar::all(range.subtype, grammar::kToken)) {
        return std::nullopt;
    }
    if (end == kNone) return range;
    std::string_view rest = value.substr(end + 1);
    while (const std::optional<Parameter> parameter = next_parameter(rest)) {
        if (base::iequals(parameter->name, "q")) range.quality = parse_quality(parameter->value);
    }
    return range;
}

Match match(const MediaRange& range, std::string_view offered) noexcept {
    const base::Split names = base::split_once(offered.substr(0, offered.find(';')), '/');
    if (range.type == "*" && range.subtype == "*") return kAnyType;
    if (!base::iequals(range.type, names.before)) return kNoMatch;
    if (range.subtype == "*") return kAnySubtype;
    return base::iequals(range.subtype, grammar::trim(names.after)) ? kExact : kNoMatch;
}

/// Quality of the most specific range that takes `offered` in, 0 for none (RFC 9110 12.5.1).
unsigned quality_of(std::string_view offered,
                    const std::vector<std::string_view>& accepted) noexcept {
    unsigned quality = 0;
    Match best = kNoMatch;
    for (const std::string_view value : accepted) {
        const std::optional<MediaRange> range = parse_media_range(value);
        if (!range) continue;
        const Match how = match(*range, offered);
        if (how <= best) continue;
        best = how;
        quality = range->quality;
    }
    return quality;
}

}  // namespace

Result<NameAddress> sole_contact(const Message& message) {
    const std::vector<std::string_view> contacts = message.list(Header::contact);
    if (contacts.empty()) return malformed_field("Missing Contact");
    if (contacts.size() > 1) return malformed_field("More than one Contact");
    Result<NameAddress> address = parse_name_address(contacts.front());
    if (!address) return malformed_field("Malformed Contact");
    const Result<Uri> uri = parse_uri(address->uri);
    if (!uri || (uri->scheme != Scheme::sip && uri->scheme != Scheme::sips)) {
        return malformed_field("Contact without SIP URI");
    }
    return address;
}

Result<Event> parse_event(std::string_view value) {
    value = grammar::trim(value);
    TokenField field;
    if (read_token_field(value, field) != nullptr) return malformed_field("Malformed Event");
    Event event{value, field.token, field.parameters, std::nullopt};
    std::string_view rest = field.parameters;
    while (const std::optional<Parameter> parameter = next_parameter(rest)) {
        if (base::iequals(parameter->name, "id")) event.id = parameter->value;
    }
    return event;
}

Result<SubscriptionStateField> parse_subscription_state(std::string_view value) {
    TokenField field;
    if (read_token_field(value, field) != nullptr)
        return malformed_field("Malformed Subscription-State");
    SubscriptionStateField state{.state = field.token};
    std::string_view rest = field.parameters;
    while (const std::optional<Parameter> parameter = next_parameter(rest)) {
        if (base::iequals(parameter->name, "reason")) {
            state.reason = parameter->value;
        } else if (base::iequals(parameter->name, "expires")) {
            state.expires = parse_delta_seconds(parameter->value);
        } else if (base::iequals(parameter->name, "retry-after")) {
            state.retry_after = parse_delta_seconds(parameter->value);
        }
    }
    return state;
}

std::optional<std::uint32_t> parse_delta_seconds(std::string_view value) noexcept {
    value = grammar::trim(value);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
    }
    std::size_t end = 0;
    while (end < value.size() && base::is_digit(value[end])) ++end;
    const std::string_view rest = grammar::skip_blanks(value.substr(end));
    if (!rest.empty() && rest.front() != ';' && rest.front() != '(') return std::nullopt;
    return base::to_u32_clamped(value.substr(0, end));
}

Result<std::string> parse_media_type(std::string_view content_type) {
    const std::optional<MediaRange> range = parse_media_range(content_type);
    if (!range || range->type == "*" || range->subtype == "*") {
        return malformed_field("Malformed Content-Type");
    }
    std::string type = base::lower(range->type);
    type += '/';
    type += base::lower(range->subtype);
    return type;
}

bool is_handling_optional(std::string_view content_disposition) noexcept {
    std::string_view rest = base::split_once(content_disposition, ';').after;
    while (const std::optional<Parameter> parameter = next_parameter(rest)) {
        if (!base::iequals(parameter->name, "handling")) continue;
        return base::iequals(parameter->value, "optional") ||
               base::iequals(parameter->value, "\"optional\"");
    }
    return false;
}

std::optional<std::string_view> choose_media_type(const Message& message,
                                                  const std::vector<std::string_view>& offered) {
    if (offered.empty()) return std::nullopt;
    if (!message.header(Header::accept)) return offered.front();
    const std::vector<std::string_view> accepted = message.list(Header::accept);
    std::optional<std::string_view> chosen;
    unsigned most = 0;
    for (const std::string_view type : offered) {
        const unsigned quality = quality_of(type, accepted);
        if (quality <= most) continue;
        most = quality;
        chosen = type;
    }
    return chosen;
}

std::string unquote(std::string_view text) {
    const std::string_view trimmed = grammar::trim(text);
    if (trimmed.size() < 2 || trimmed.front() != '"' || trimmed.back() != '"') {
        return std::string(text);
    }
    std::string result;
    result.reserve(trimmed.size());
    for (std::size_t i = 1; i + 1 < trimmed.size(); ++i) {
        if (trimmed[i] == '\\' && i + 2 < trimmed.size()) ++i;
        result += trimmed[i];
    }
    return result;
}

}  // namespace herald::sip
