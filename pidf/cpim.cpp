// pidf/cpim.cpp: Message/CPIM (RFC 3862): the headers of a message and the MIME part inside it.
#include "pidf/cpim.h"

#include <algorithm>

#include "base/text.h"

namespace herald::pidf {

namespace {

constexpr std::size_t kMostHeaders = 64;
constexpr std::size_t kLongestLine = 4096;

Fault malformed_cpim(std::string detail) {
    return {FaultKind::malformed, "CPIM: " + std::move(detail)};
}

/// Takes the next line off `rest`, without its end. nullopt: there is none.
std::optional<std::string_view> take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
}

/// `Name: value`, `ns.Name:;param value`.
Result<CpimHeader> read_header(std::string_view line) {
    if (line.size() > kLongestLine) return malformed_cpim("a line is too long");
    const auto [name, rest, found] = base::split_once(line, ':');
    if (!found || name.empty()) return malformed_cpim("a line without a name");
    CpimHeader header;
    const auto dot = name.find('.');
    if (dot == std::string_view::npos) {
        header.name = name;
    } else {
        header.prefix = name.substr(0, dot);
        header.name = name.substr(dot + 1);
    }
    header.value = rest;
    if (!rest.empty() && rest.front() == ';') {
        const auto blank = std::min(rest.find(' '), rest.size());
        header.parameters = rest.substr(1, blank - 1);
        header.value = rest.substr(blank);
    }
    if (!header.value.empty() && header.value.front() == ' ') header.value.remove_prefix(1);
    return header;
}

/// Headers up to and with the blank line.
Result<std::vector<CpimHeader>> read_headers(std::string_view& rest) {
    std::vector<CpimHeader> headers;
    while (true) {
        const auto line = take_line(rest);
        if (!line) return malformed_cpim("no blank line behind the headers");
        if (line->empty()) return headers;
        if (headers.size() == kMostHeaders) return malformed_cpim("too many headers");
        // Of the content (RFC 2045) lines may be folded; nobody here needs what follows.
        if (line->front() == ' ' || line->front() == '\t') continue;
        auto header = read_header(*line);
        if (!header) return header.fault();
        headers.push_back(*header);
    }
}

void append_utf8(std::string& out, unsigned code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | code >> 6);
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        // Half of a surrogate pair says nothing by itself.
        const unsigned whole = code >= 0xD800 && code < 0xE000 ? 0xFFFD : code;
        out += static_cast<char>(0xE0 | whole >> 12);
        out += static_cast<char>(0x80 | (whole >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (whole & 0x3F));
    }
}

/// Four hexadecimal digits at the start of `text`; -1 for anything else.
int code_of(std::string_view text) {
    if (text.size() < 4) return -1;
    int code = 0;
    for (const char c : text.substr(0, 4)) {
        const int digit = base::hex_value(c);
        if (digit < 0) return -1;
        code = code * 16 + digit;
    }
    return code;
}

}  // namespace

/// The URI in force at header number `header`: that of the NS line for its prefix before it.
std::string_view Cpim::namespace_of(std::size_t header) const {
    const auto prefix = headers[header].prefix;
    for (std::size_t i = header; i-- > 0;) {
        const auto& line = headers[i];
        if (!line.prefix.empty() || line.name != "NS") continue;
        const auto open = line.value.find('<');
        const auto close = line.value.rfind('>');
        if (open == std::string_view::npos || close == std::string_view::npos || close < open)
            continue;
        if (base::trim(line.value.substr(0, open)) != prefix) continue;
        return line.value.substr(open + 1, close - open - 1);
    }
    return {};
}

std::vector<std::string_view> Cpim::values(std::string_view uri, std::string_view name) const {
    std::vector<std::string_view> exact, alike;
    for (std::size_t i = 0; i < headers.size(); ++i) {
        if (!base::iequals(headers[i].name, name)) continue;
        const auto in = namespace_of(i);
        // Whoever forgot to declare a prefix means what its name says.
        const bool is_undeclared = in.empty() && !headers[i].prefix.empty();
        if (is_undeclared ? !uri.ends_with(headers[i].prefix) || uri.empty() : in != uri) continue;
        (headers[i].name == name ? exact : alike).push_back(headers[i].value);
    }
    return exact.empty() ? alike : exact;
}

std::optional<std::string_view> Cpim::value(std::string_view uri, std::string_view name) const {
    const auto all = values(uri, name);
    return all.empty() ? std::nullopt : std::optional(all.front());
}

std::optional<std::string_view> Cpim::content_value(std::string_view name) const {
    const auto found =
        std::find_if(content_headers.begin(), content_headers.end(),
                     [&](const CpimHeader& header) { return base::iequals(header.name, name); });
    return found == content_headers.end() ? std::nullopt : std::optional(base::trim(found->value));
}

Result<Cpim> parse_cpim(std::string_view body) {
    Cpim cpim;
    auto headers = read_headers(body);
    if (!headers) return headers.fault();
    auto content_headers = read_headers(body);
    if (!content_headers) return content_headers.fault();
    cpim.headers = *std::move(headers);
    cpim.content_headers = *std::move(content_headers);
    cpim.content = body;
    return cpim;
}

std::string unescape_cpim(std::string_view value) {
    std::string text;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] != '\\') {
            text += value[i];
            continue;
        }
        if (++i == value.size()) break;
        const int code = value[i] == 'u' ? code_of(value.substr(i + 1)) : -1;
        if (code >= 0) {
            append_utf8(text, static_cast<unsigned>(code));
            i += 4;
            continue;
        }
        constexpr std::string_view kNames = "btnr";
        constexpr std::string_view kControls = "\b\t\n\r";
        const auto control = kNames.find(value[i]);
        text += control == std::string_view::npos ? value[i] : kControls[control];
    }
    return text;
}

std::string escape_cpim(std::string_view text) {
    constexpr std::string_view kControls = "\b\t\n\r";
    constexpr std::string_view kNames = "btnr";
    std::string value;
    for (const char c : text) {
        const auto control = kControls.find(c);
        const auto code = static_cast<unsigned char>(c);
        if (control != std::string_view::npos) {
            value.append("\\").append(1, kNames[control]);
        } else if (c == '\\') {
            value += "\\\\";
        } else if (code < 0x20 || code == 0x7F) {
            value += "\\u00" + base::to_hex(std::string_view(&c, 1));
        } else {
            value += c;
        }
    }
    return value;
}

std::string_view language_of(const CpimHeader& header) {
    auto rest = header.parameters;
    while (!rest.empty()) {
        const auto [parameter, after, found] = base::split_once(rest, ';');
        if (base::istarts_with(parameter, "lang=")) return parameter.substr(5);
        rest = after;
    }
    return {};
}

std::string_view uri_of_cpim(std::string_view value) {
    const auto open = value.rfind('<');
    const auto close = value.rfind('>');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open)
        return base::trim(value);
    return value.substr(open + 1, close - open - 1);
}

}  // namespace herald::pidf
