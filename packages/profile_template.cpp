// packages/profile_template.cpp: a text with places for what differs between devices.
#include "packages/profile_template.h"

#include <algorithm>

#include "base/text.h"

namespace herald::packages {

namespace {

constexpr std::string_view kOpen = "{{", kClose = "}}";
constexpr std::string_view kInclude = "include ";
/// Bytes of the longest fact, each of which may be written with six (&quot;).
constexpr std::size_t kMostOfValue = 6 * 512;

std::size_t lines_in(std::string_view text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

Fault mistake(std::size_t line, const std::string& what) {
    return {FaultKind::malformed, "line " + std::to_string(line) + ": " + what};
}

Fault no_such_variable(std::size_t line, std::string_view name) {
    std::string known;
    for (const auto each : variable_names()) (known += known.empty() ? "" : ", ") += each;
    return mistake(line, "there is no variable \"" + std::string(name.substr(0, 64)) +
                             "\"; there are " + known);
}

std::string_view xml_escape_of(char c) {
    switch (c) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return "&quot;";
        case '\'':
            return "&#39;";
        default:
            return {};
    }
}

std::string_view json_escape_of(char c) {
    if (c == '"') return "\\\"";
    if (c == '\\') return "\\\\";
    return {};
}

void append_value(std::string& out, std::string_view value, Escaping escaping) {
    for (const char c : value) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) continue;
        const auto escape = escaping == Escaping::xml    ? xml_escape_of(c)
                            : escaping == Escaping::json ? json_escape_of(c)
                                                         : std::string_view();
        if (escape.empty()) {
            out += c;
        } else {
            out += escape;
        }
    }
}

}  // namespace

Escaping escaping_for(std::string_view content_type) {
    const auto type = base::lower(base::trim(base::split_once(content_type, ';').before));
    const auto subtype = base::split_once(type, '/').after;
    if (subtype == "xml" || subtype == "html" || subtype.ends_with("+xml")) return Escaping::xml;
    if (subtype == "json" || subtype.ends_with("+json")) return Escaping::json;
    return Escaping::plain;
}

Result<Template::Piece> Template::piece_of(std::string_view inside, std::size_t line) {
    if (inside == "open") return Piece{Kind::text, std::string(kOpen), 0, line};
    if (inside.starts_with(kInclude)) {
        const auto name = inside.substr(kInclude.size());
        const auto parts = base::split_once(name, '/');
        if (!parts.found || parts.before.empty() || parts.after.empty())
            return mistake(line, "expected {{include type/name}}, such as device/common");
        return Piece{Kind::include, std::string(name), 0, line};
    }
    const auto variable = variable_named(inside);
    if (!variable) return no_such_variable(line, inside);
    return Piece{Kind::variable, {}, *variable, line};
}

Result<Template> Template::parse(std::string_view text) {
    Template made;
    std::size_t line = 1;
    while (!text.empty()) {
        const auto at = text.find(kOpen);
        const auto before = text.substr(0, at);
        if (!before.empty()) made.pieces_.push_back({Kind::text, std::string(before), 0, line});
        if (at == std::string_view::npos) break;
        line += lines_in(before);
        text.remove_prefix(at + kOpen.size());
        const auto end = text.find(kClose);
        const auto inside = text.substr(0, end);
        if (end == std::string_view::npos || lines_in(inside) > 0)
            return mistake(line, "{{ has no }} in its line; the braces themselves are {{open}}");
        auto piece = piece_of(inside, line);
        if (!piece) return piece.fault();
        made.pieces_.push_back(*std::move(piece));
        text.remove_prefix(end + kClose.size());
    }
    return made;
}

Template Template::verbatim(std::string_view text) {
    Template made;
    if (!text.empty()) made.pieces_.push_back({Kind::text, std::string(text), 0, 1});
    return made;
}

std::vector<Template::Inclusion> Template::inclusions() const {
    std::vector<Inclusion> all;
    for (const auto& piece : pieces_) {
        if (piece.kind == Kind::include) all.push_back({piece.text, piece.line});
    }
    return all;
}

std::size_t Template::most_bytes() const {
    std::size_t size = 0;
    for (const auto& piece : pieces_)
        size += piece.kind == Kind::variable ? kMostOfValue
                : piece.kind == Kind::text   ? piece.text.size()
                                             : 0;
    return size;
}

void Template::render(std::string& out, const DeviceFacts& facts, Escaping escaping,
                      const Find& included) const {
    for (const auto& piece : pieces_) {
        if (piece.kind == Kind::text) {
            out += piece.text;
        } else if (piece.kind == Kind::variable) {
            append_value(out, value_of(piece.variable, facts), escaping);
        } else if (const auto* other = included(piece.text)) {
            other->render(out, facts, escaping, included);
        }
    }
}

}  // namespace herald::packages
