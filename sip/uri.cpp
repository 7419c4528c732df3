// sip/uri.cpp: reads, compares and canonicalises URIs (RFC 3261 19.1).
#include "sip/uri.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"
#include "sip/endpoint.h"
#include "sip/grammar.h"
#include "sip/scan.h"

namespace herald::sip {
namespace {

using grammar::all_or_escaped;
using grammar::is_blank;

/// Parameters or headers of one URI at most: comparing is quadratic in them.
constexpr std::size_t kMaxParts = 64;

base::Split split(std::string_view text, char separator) noexcept {
    const std::size_t at = scan::find(text, separator);
    if (at == scan::kNone) return {text, {}, false};
    return {text.substr(0, at), text.substr(at + 1), true};
}

Fault malformed_uri(const char* why) {
    return {FaultKind::malformed, why};
}

Scheme scheme_of(std::string_view text) noexcept {
    if (base::iequals(text, "sip")) return Scheme::sip;
    if (base::iequals(text, "sips")) return Scheme::sips;
    if (base::iequals(text, "tel")) return Scheme::tel;
    if (base::iequals(text, "pres")) return Scheme::pres;
    if (base::iequals(text, "im")) return Scheme::im;
    return Scheme::other;
}

bool is_scheme(std::string_view text) noexcept {
    if (text.empty() || !base::is_alpha(text.front())) return false;
    for (const char c : text) {
        if (!base::is_alpha(c) && !base::is_digit(c) && c != '+' && c != '-' && c != '.')
            return false;
    }
    return true;
}

/// What no URI holds: blanks, control characters, the delimiters around one.
constexpr std::array<bool, 256> kOutside = [] {
    std::array<bool, 256> outside{};
    for (std::size_t c = 0; c <= 0x20; ++c) outside[c] = true;
    for (const unsigned char c : {'\x7f', '<', '>', '"'}) outside[c] = true;
    return outside;
}();

bool has_graphic_only(std::string_view text) noexcept {
    for (const char c : text) {
        if (kOutside[static_cast<unsigned char>(c)]) return false;
    }
    return true;
}

/// Next part of `rest` up to `separator`, which is dropped.
std::string_view take_until(std::string_view& rest, char separator) noexcept {
    const std::size_t at = scan::find(rest, separator);
    const std::string_view part = rest.substr(0, at);
    rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
    return part;
}

bool names_repeat(const std::array<std::string_view, kMaxParts>& names,
                  std::size_t count) noexcept {
    for (std::size_t i = 1; i < count; ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            if (base::iequals(names[i], names[k])) return true;
        }
    }
    return false;
}

/// uri-parameters: no name twice (19.1.1), none empty but after a last `;`.
const char* parameters_fault(std::string_view rest) noexcept {
    std::array<std::string_view, kMaxParts> names;
    std::size_t count = 0;
    while (!rest.empty()) {
        const base::Split part = split(take_until(rest, ';'), '=');
        if (part.before.empty()) return "URI parameter without name";
        if (!all_or_escaped(part.before, grammar::kParameter) ||
            !all_or_escaped(part.after, grammar::kParameter)) {
            return "Bad character in URI parameter";
        }
        if (count == kMaxParts) return "Too many URI parameters";
        names[count++] = part.before;
    }
    return names_repeat(names, count) ? "URI parameter given twice" : nullptr;
}

const char* headers_fault(std::string_view rest) noexcept {
    std::size_t count = 0;
    while (!rest.empty()) {
        const base::Split part = split(take_until(rest, '&'), '=');
        if (part.before.empty()) return "URI header without name";
        if (!all_or_escaped(part.before, grammar::kUriHeader) ||
            !all_or_escaped(part.after, grammar::kUriHeader)) {
            return "Bad character in URI header";
        }
        if (++count > kMaxParts) return "Too many URI headers";
    }
    return nullptr;
}

/// userinfo without its `@`.
const char* read_userinfo(std::string_view text, Uri& uri) noexcept {
    const base::Split part = split(text, ':');
    if (part.before.empty()) return "Empty user in URI";
    if (!all_or_escaped(part.before, grammar::kUser) ||
        !all_or_escaped(part.after, grammar::kPassword)) {
        return "Bad character in user of URI";
    }
    uri.user = part.before;
    uri.password = part.after;
    uri.has_user = true;
    return nullptr;
}

const char* read_port(std::string_view digits, Uri& uri) noexcept {
    const std::optional<std::uint64_t> port = base::to_u64(digits);
    if (!port || *port == 0 || *port > 65535) return "Bad port in URI";
    uri.port = static_cast<std::uint16_t>(*port);
    return nullptr;
}

const char* read_host_port(std::string_view text, Uri& uri) noexcept {
    if (!text.empty() && text.front() == '[') {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return "Bad IPv6 address in URI";
        uri.host = text.substr(1, close - 1);
        uri.is_ipv6 = true;
        if (!Endpoint::from(text.substr(0, close + 1), 0)) return "Bad IPv6 address in URI";
        text.remove_prefix(close + 1);
        if (text.empty()) return nullptr;
        return text.front() == ':' ? read_port(text.substr(1), uri) : "Bad host in URI";
    }
    const base::Split part = split(text, ':');
    uri.host = part.before;
    if (!grammar::all(uri.host, grammar::kHost) || uri.host.front() == '.')
        return "Bad host in URI";
    return part.found ? read_port(part.after, uri) : nullptr;
}

/// Everything after `sip:`; user may hold `;` and `?`, so it is looked for first.
const char* read_sip(std::string_view rest, Uri& uri) noexcept {
    const std::size_t at = scan::find(rest, '@');
    if (at != std::string_view::npos) {
        if (const char* fault = read_userinfo(rest.substr(0, at), uri)) return fault;
        rest.remove_prefix(at + 1);
    }
    const std::size_t end = scan::find_if(rest, [](char c) { return c == ';' || c == '?'; });
    if (const char* fault = read_host_port(rest.substr(0, end), uri)) return fault;
    if (end == std::string_view::npos) return nullptr;

    if (rest[end] == ';') {
        const std::size_t question = rest.find('?', end);
        uri.parameters =
            rest.substr(end + 1, question == std::string_view::npos ? std::string_view::npos
                                                                    : question - end - 1);
        if (const char* fault = parameters_fault(uri.parameters)) return fault;
        if (question == std::string_view::npos) return nullptr;
        uri.headers = rest.substr(question + 1);
    } else {
        uri.headers = rest.substr(end + 1);
    }
    return uri.headers.empty() ? "Empty headers in URI" : headers_fault(uri.headers);
}

/// Mailbox of pres: and im: (RFC 3859, 3860); what they carry after `?` is kept as headers.
const char* read_mailbox(std::string_view rest, Uri& uri) noexcept {
    const base::Split query = split(rest, '?');
    uri.headers = query.after;
    const std::size_t at = scan::find(query.before, '@');
    if (at == std::string_view::npos) return "URI without user";
    if (const char* fault = read_userinfo(query.before.substr(0, at), uri)) return fault;
    return read_host_port(query.before.substr(at + 1), uri);
}

constexpr bool is_separator(char c) noexcept {
    return c == '-' || c == '.' || c == '(' || c == ')';
}

/// What follows `tel:` (RFC 3966 3): digits, with separators between them.
const char* read_number(std::string_view rest, Uri& uri) noexcept {
    const base::Split part = split(rest, ';');
    uri.user = part.before;
    uri.has_user = true;
    uri.parameters = part.after;
    bool has_digit = false;
    for (const char c : uri.user) {
        const bool is_digit = base::hex_value(c) >= 0 || c == '*' || c == '#';
        if (!is_digit && !is_separator(c) && c != '+') return "Bad character in number";
        has_digit = has_digit || is_digit;
    }
    return has_digit ? parameters_fault(uri.parameters) : "Empty number in URI";
}

constexpr bool is_reserved(char c) noexcept {
    return std::string_view(";/?:@&=+$,").find(c) != std::string_view::npos;
}

/// Walks text unit by unit, an escape counting as what it stands for (19.1.4): only reserved
/// characters differ from their escaped form.
class Units {
public:
    explicit Units(std::string_view text) noexcept : rest_(text) {}

    static constexpr int kEnd = -1;
    int next() noexcept {
        if (rest_.empty()) return kEnd;
        if (rest_.size() > 2 && rest_[0] == '%') {
            const int high = base::hex_value(rest_[1]);
            const int low = base::hex_value(rest_[2]);
            if (high >= 0 && low >= 0) {
                rest_.remove_prefix(3);
                const int value = high << 4 | low;
                return is_reserved(static_cast<char>(value)) ? value + 256 : value;
            }
        }
        const int value = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        return value;
    }
    int next_lower() noexcept {
        const int value = next();
        return value >= 'A' && value <= 'Z' ? value | 0x20 : value;
    }

private:
    std::string_view rest_;
};

bool same_text(std::string_view a, std::string_view b) noexcept {
    Units left(a);
    Units right(b);
    for (;;) {
        const int unit = left.next();
        if (unit != right.next()) return false;
        if (unit == Units::kEnd) return true;
    }
}

bool same_text_any_case(std::string_view a, std::string_view b) noexcept {
    Units left(a);
    Units right(b);
    for (;;) {
        const int unit = left.next_lower();
        if (unit != right.next_lower()) return false;
        if (unit == Units::kEnd) return true;
    }
}

bool same_host_text(const Uri& a, const Uri& b) {
    if (base::iequals(a.host, b.host)) return true;
    return canonical_host(a.host) == canonical_host(b.host);
}

/// Parameters that never match where one side lacks them (19.1.4).
bool must_be_in_both(std::string_view name) noexcept {
    for (const std::string_view special : {"user", "ttl", "method", "maddr", "transport"}) {
        if (base::iequals(name, special)) return true;
    }
    return false;
}

/// Each parameter of `a` that `b` has too is the same; what only `a` has does not matter.
bool parameters_match(const Uri& a, const Uri& b) noexcept {
    std::string_view rest = a.parameters;
    while (const std::optional<Parameter> mine = next_parameter(rest)) {
        const std::optional<std::string_view> other = b.parameter(mine->name);
        if (!other && must_be_in_both(mine->name)) return false;
        if (other && !same_text_any_case(mine->value, *other)) return false;
    }
    return true;
}

std::size_t count_header(std::string_view headers, const base::Split& wanted) noexcept {
    std::size_t count = 0;
    while (!headers.empty()) {
        const base::Split part = split(take_until(headers, '&'), '=');
        if (same_text_any_case(part.before, wanted.before) &&
            same_text_any_case(part.after, wanted.after)) {
            ++count;
        }
    }
    return count;
}

/// Each header of `a` stands in `b` as often as in `a`.
bool headers_match(std::string_view a, std::string_view b) noexcept {
    std::string_view rest = a;
    while (!rest.empty()) {
        const base::Split part = split(take_until(rest, '&'), '=');
        if (count_header(a, part) != count_header(b, part)) return false;
    }
    return true;
}

void append_escaped(std::string& out, char c) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
}

/// tel: number without visual separators (RFC 3966 5.1.1).
std::string canonical_number(std::string_view number) {
    std::string result = "tel:";
    for (const char c : number) {
        if (!is_separator(c)) result += base::to_lower(c);
    }
    return result;
}

}  // namespace

std::optional<std::string_view> Uri::parameter(std::string_view name) const noexcept {
    std::string_view rest = parameters;
    while (const std::optional<Parameter> next = next_parameter(rest)) {
        if (base::iequals(next->name, name)) return next->value;
    }
    return std::nullopt;
}

Result<Uri> parse_uri(std::string_view text) {
    Uri uri;
    uri.text = text;
    const base::Split part = split(text, ':');
    if (!part.found || !is_scheme(part.before)) return malformed_uri("URI without scheme");
    uri.scheme_text = part.before;
    uri.scheme = scheme_of(part.before);

    const char* fault = nullptr;
    switch (uri.scheme) {
        case Scheme::sip:
        case Scheme::sips:
            fault = read_sip(part.after, uri);
            break;
        case Scheme::pres:
        case Scheme::im:
            fault = read_mailbox(part.after, uri);
            break;
        case Scheme::tel:
            fault = read_number(part.after, uri);
            break;
        case Scheme::other:
            break;
    }
    // In sip: and sips: each part was looked at by itself.
    const bool is_checked = uri.scheme == Scheme::sip || uri.scheme == Scheme::sips;
    if (fault == nullptr && !is_checked && !has_graphic_only(text)) fault = "Bad character in URI";
    if (fault != nullptr) return malformed_uri(fault);
    return uri;
}

bool equivalent(const Uri& a, const Uri& b) {
    if (!base::iequals(a.scheme_text, b.scheme_text)) return false;
    if (a.scheme != Scheme::sip && a.scheme != Scheme::sips) {
        return a.text.substr(a.scheme_text.size()) == b.text.substr(b.scheme_text.size());
    }
    return a.has_user == b.has_user && same_text(a.user, b.user) &&
           same_text(a.password, b.password) && a.port == b.port && same_host_text(a, b) &&
           parameters_match(a, b) && parameters_match(b, a) &&
           headers_match(a.headers, b.headers) && headers_match(b.headers, a.headers);
}

std::string canonical_aor(const Uri& uri) {
    if (uri.scheme == Scheme::tel) return canonical_number(uri.user);
    if (uri.scheme == Scheme::other) {
        return base::lower(uri.scheme_text) + std::string(uri.text.substr(uri.scheme_text.size()));
    }
    std::string aor;
    aor.reserve(uri.text.size() + 1);
    aor = "sip:";
    if (uri.has_user) {
        if (uri.user.find('%') == std::string_view::npos) {
            append_escaped_user(aor, uri.user);
        } else {
            append_escaped_user(aor, base::percent_decode(uri.user));
        }
        aor += '@';
    }
    aor += canonical_host(uri.host);
    // A key has the scheme sip, so its usual port says nothing, whichever scheme the URI had.
    const bool is_usual = uri.port == 5060 || (uri.port == 5061 && uri.scheme == Scheme::sips);
    if (uri.port != 0 && !is_usual) {
        aor += ':';
        base::append_number(aor, uri.port);
    }
    return aor;
}

void append_request_uri(std::string& out, const Uri& uri) {
    if (uri.scheme != Scheme::sip && uri.scheme != Scheme::sips) {
        out += uri.text;
        return;
    }
    const std::size_t tail = uri.parameters.size() + uri.headers.size() +
                             (uri.parameters.empty() ? 0 : 1) + (uri.headers.empty() ? 0 : 1);
    out += uri.text.substr(0, uri.text.size() - tail);
    std::string_view rest = uri.parameters;
    while (const std::optional<Parameter> parameter = next_parameter(rest)) {
        if (base::iequals(parameter->name, "method")) continue;
        out += ';';
        out += parameter->name;
        if (!parameter->has_value) continue;
        out += '=';
        out += parameter->value;
    }
}

namespace {

/// Whether there are headers, or a parameter that may be `method`. Hardly ever.
bool may_be_shortened(std::string_view uri) noexcept {
    char before = 0;
    for (const char c : uri) {
        if (c == '?' || (before == ';' && (c == 'm' || c == 'M' || is_blank(c)))) return true;
        before = c;
    }
    return false;
}

}  // namespace

void append_request_uri(std::string& out, std::string_view uri) {
    if (!may_be_shortened(uri)) {
        out += uri;
        return;
    }
    const Result<Uri> parsed = parse_uri(uri);
    if (parsed) return append_request_uri(out, *parsed);
    out += uri;
}

std::optional<Parameter> next_parameter(std::string_view& rest) {
    std::string_view text = grammar::skip_blanks(rest);
    if (text.empty()) {
        rest = {};
        return std::nullopt;
    }
    std::size_t end = 0;
    while (end < text.size() && text[end] != ';' && text[end] != '=' && !is_blank(text[end])) ++end;
    if (end == 0) return std::nullopt;
    Parameter result{text.substr(0, end), {}, false};
    text = grammar::skip_blanks(text.substr(end));

    if (!text.empty() && text.front() == '=') {
        text = grammar::skip_blanks(text.substr(1));
        result.has_value = true;
        if (!text.empty() && text.front() == '"') {
            end = grammar::quoted_length(text);
            if (end == std::string_view::npos) return std::nullopt;
        } else {
            end = 0;
            while (end < text.size() && text[end] != ';' && !is_blank(text[end])) ++end;
        }
        result.value = text.substr(0, end);
        text = grammar::skip_blanks(text.substr(end));
    }
    if (!text.empty()) {
        if (text.front() != ';') return std::nullopt;
        text.remove_prefix(1);
    }
    rest = text;
    return result;
}

bool is_canonical_host(std::string_view host) noexcept {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    };
    return !host.empty() && host.back() != '.' && std::all_of(host.begin(), host.end(), is_plain);
}

std::string canonical_host(std::string_view host) {
    if (is_canonical_host(host)) return std::string(host);
    while (!host.empty() && host.back() == '.') host.remove_suffix(1);
    if (const std::optional<Endpoint> address = Endpoint::from(host, 0)) return address->uri_host();
    return base::lower(host);
}

void append_escaped_user(std::string& out, std::string_view user) {
    const auto is_special = [](char c) {
        return !grammar::is(c, grammar::kUser) || c == '#' || static_cast<unsigned char>(c) >= 0x80;
    };
    while (true) {
        const std::size_t at = scan::find_if(user, is_special);
        out += user.substr(0, at);
        if (at == scan::kNone) return;
        append_escaped(out, user[at]);
        user.remove_prefix(at + 1);
    }
}

}  // namespace herald::sip
