// sip/multipart.cpp: cuts a body at its boundaries and reads the headers of each part.
#include "sip/multipart.h"

#include <optional>
#include <utility>

#include "base/text.h"
#include "sip/fields.h"
#include "sip/grammar.h"

namespace herald::sip {
namespace {

constexpr int kMostDepth = 4;
constexpr std::size_t kMostBoundary = 70;

Fault malformed_body(const char* why) {
    return {FaultKind::malformed, why};
}

/// The lines of a body, one by one; ends of CRLF or LF.
struct Line {
    std::string_view text;  ///< without its end
    std::size_t begin;
    std::size_t next;  ///< where the line after it begins
};

Line line_at(std::string_view body, std::size_t begin) noexcept {
    const std::size_t end = body.find('\n', begin);
    const std::size_t next = end == std::string_view::npos ? body.size() : end + 1;
    std::string_view text = body.substr(begin, next - begin);
    if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    return {text, begin, next};
}

enum class Delimiter { none, open, close };

Delimiter delimiter_of(std::string_view line, std::string_view boundary) noexcept {
    if (line.substr(0, 2) != "--" || line.substr(2, boundary.size()) != boundary) {
        return Delimiter::none;
    }
    const std::string_view rest = line.substr(2 + boundary.size());
    if (grammar::trim(rest).empty()) return Delimiter::open;
    return rest.substr(0, 2) == "--" && grammar::trim(rest.substr(2)).empty() ? Delimiter::close
                                                                              : Delimiter::none;
}

/// `text` up to `end` without the line end before it, which belongs to the delimiter.
std::string_view content_before(std::string_view body, std::size_t begin,
                                std::size_t end) noexcept {
    std::string_view content = body.substr(begin, end - begin);
    if (!content.empty() && content.back() == '\n') content.remove_suffix(1);
    if (!content.empty() && content.back() == '\r') content.remove_suffix(1);
    return content;
}

/// What stands between the delimiters; nullopt where the closing one is missing.
std::optional<std::vector<std::string_view>> cut(std::string_view body, std::string_view boundary,
                                                 std::size_t most) {
    std::vector<std::string_view> pieces;
    std::optional<std::size_t> begin;
    for (std::size_t at = 0; at < body.size();) {
        const Line line = line_at(body, at);
        at = line.next;
        const Delimiter delimiter = delimiter_of(line.text, boundary);
        if (delimiter == Delimiter::none) continue;
        if (begin) pieces.push_back(content_before(body, *begin, line.begin));
        if (delimiter == Delimiter::close) return pieces;
        if (pieces.size() == most) return std::nullopt;
        begin = line.next;
    }
    return std::nullopt;
}

/// Parameter `name` of a header value such as `form-data; name=x`.
std::string parameter_of(std::string_view value, std::string_view name) {
    std::string_view rest = base::split_once(value, ';').after;
    while (const std::optional<Parameter> parameter = next_parameter(rest)) {
        if (base::iequals(parameter->name, name)) return unquote(parameter->value);
    }
    return {};
}

void set_content_type(BodyPart& part, std::string value) {
    part.type = parse_media_type(value).value_or(std::string());
    part.content_type = std::move(value);
}

void set_disposition(BodyPart& part, std::string_view value) {
    part.disposition = base::lower(grammar::trim(base::split_once(value, ';').before));
    part.is_required = !is_handling_optional(value);
}

void set_header(BodyPart& part, const std::string& line) {
    const base::Split field = base::split_once(line, ':');
    const std::string_view name = grammar::trim(field.before);
    const std::string_view value = grammar::trim(field.after);
    switch (header_of(name)) {
        case Header::content_type:
            set_content_type(part, std::string(value));
            break;
        case Header::content_disposition:
            set_disposition(part, value);
            break;
        case Header::content_encoding:
            part.encoding = base::lower(value);
            break;
        default:
            if (base::iequals(name, "Content-ID")) part.content_id = std::string(value);
    }
}

/// Headers up to an empty line, then the content. A part may begin with the empty line (RFC
/// 2046 5.1).
BodyPart read_part(std::string_view piece) {
    BodyPart part;
    std::string field;
    std::size_t at = 0;
    while (at < piece.size()) {
        const Line line = line_at(piece, at);
        at = line.next;
        if (line.text.empty()) break;
        if (!grammar::is_blank(line.text.front())) {
            set_header(part, field);
            field.clear();
        }
        field += line.text;
    }
    set_header(part, field);
    part.content = piece.substr(at);
    return part;
}

Status read_parts(BodyPart& part, int depth, std::size_t most) {
    if (part.type.substr(0, 10) != "multipart/") return {};
    const std::string boundary = parameter_of(part.content_type, "boundary");
    if (boundary.empty() || boundary.size() > kMostBoundary) {
        return malformed_body("Multipart without boundary");
    }
    if (depth == kMostDepth) return malformed_body("Multipart nested too deep");
    const auto pieces = cut(part.content, boundary, most);
    if (!pieces || pieces->empty()) return malformed_body("Multipart does not end");
    for (const std::string_view piece : *pieces) {
        part.parts.push_back(read_part(piece));
        if (Status status = read_parts(part.parts.back(), depth + 1, most); !status) return status;
    }
    return {};
}

}  // namespace

Result<BodyPart> parse_body(const Message& message, std::size_t most) {
    BodyPart body;
    body.content = message.body();
    if (const auto value = message.header(Header::content_type)) {
        set_content_type(body, std::string(*value));
        if (body.type.empty()) return malformed_body("Malformed Content-Type");
    }
    if (const auto value = message.header(Header::content_disposition)) {
        set_disposition(body, *value);
    } else if (body.type == "application/sdp") {
        body.disposition = "session";
    }
    if (const auto value = message.header(Header::content_encoding)) {
        body.encoding = base::lower(*value);
    }
    if (body.content.empty()) return body;
    if (Status status = read_parts(body, 0, most); !status) return status.fault();
    return body;
}

}  // namespace herald::sip
