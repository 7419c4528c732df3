// pidf/imdn.cpp: disposition notifications of instant messages (RFC 5438): what a sender asks for,
// and the documents that answer it.
#include "pidf/imdn.h"

#include <algorithm>

#include "base/text.h"
#include "pidf/xml.h"

namespace herald::pidf {

namespace {

constexpr std::string_view kImdn = "urn:ietf:params:imdn";
/// What is copied into a notification; longer ones are not ours to repeat.
constexpr std::size_t kLongestCopy = 1024;
constexpr std::size_t kMostRoutes = 16;

/// Type and subtype in lower case.
std::string bare_type(std::string_view content_type) {
    return base::lower(base::trim(base::split_once(content_type, ';').before));
}

void read_wanted(std::string_view list, DispositionRequest& request) {
    while (!list.empty()) {
        const auto [item, rest, found] = base::split_once(list, ',');
        const auto name = base::trim(base::split_once(item, ';').before);
        if (name == "negative-delivery") request.wants_negative = true;
        if (name == "processing") request.wants_processing = true;
        list = rest;
    }
}

std::string copied(std::optional<std::string_view> value) {
    return value && value->size() <= kLongestCopy ? std::string(*value) : std::string();
}

/// Whether it may stand in a document once its escapes are gone.
bool is_text(std::string_view value) {
    const auto plain = unescape_cpim(value);
    return base::is_utf8(plain) && std::none_of(plain.begin(), plain.end(), [](char c) {
               return static_cast<unsigned char>(c) < 0x20;
           });
}

void append_line(std::string& out, std::string_view name, std::string_view text) {
    out.append("<").append(name).append(">");
    xml::append_escaped_text(out, text);
    out.append("</").append(name).append(">\r\n");
}

std::string document(const DispositionRequest& request, Disposition disposition,
                     std::string_view recipient) {
    std::string xml =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
        "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">\r\n";
    append_line(xml, "message-id", unescape_cpim(request.message_id));
    append_line(xml, "datetime", unescape_cpim(request.datetime));
    append_line(xml, "recipient-uri", recipient);
    if (!request.original_to.empty())
        append_line(xml, "original-recipient-uri", request.original_to);
    xml += disposition == Disposition::stored
               ? "<processing-notification><status><stored/></status></processing-notification>\r\n"
               : "<delivery-notification><status><failed/></status></delivery-notification>\r\n";
    return xml + "</imdn>\r\n";
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

/// The line of `body` that holds `value`, its end included.
std::string_view line_of(std::string_view body, std::string_view value) {
    const auto at = static_cast<std::size_t>(value.data() - body.data());
    const auto before = at == 0 ? std::string_view::npos : body.rfind('\n', at - 1);
    const auto begin = before == std::string_view::npos ? 0 : before + 1;
    const auto end = body.find('\n', at);
    return body.substr(begin, end == std::string_view::npos ? end : end + 1 - begin);
}

}  // namespace

bool is_notification(const Cpim& message) {
    const auto type = bare_type(message.content_value("Content-Type").value_or(""));
    return type == kImdnType || type == "application/imdn+xml";
}

std::optional<DispositionRequest> disposition_request(const Cpim& message) {
    if (is_notification(message)) return std::nullopt;
    DispositionRequest request;
    for (const auto list : message.values(kImdn, "Disposition-Notification"))
        read_wanted(list, request);
    if (!request.wants_negative && !request.wants_processing) return std::nullopt;
    request.message_id = copied(message.value(kImdn, "Message-ID"));
    request.datetime = copied(message.value({}, "DateTime"));
    request.from = copied(message.value({}, "From"));
    request.to = copied(message.value({}, "To"));
    if (request.message_id.empty() || request.from.empty()) return std::nullopt;
    const auto original_to = copied(message.value(kImdn, "Original-To"));
    request.original_to = uri_of_cpim(original_to);
    if (!is_text(request.message_id) || !is_text(request.datetime) || !is_text(request.original_to))
        return std::nullopt;
    for (const auto route : message.values(kImdn, "IMDN-Record-Route")) {
        if (request.record_route.size() == kMostRoutes) break;
        request.record_route.push_back(copied(route));
    }
    return request;
}

std::vector<std::string_view> disposition_route(const Cpim& message) {
    if (!is_notification(message)) return {};
    return message.values(kImdn, "IMDN-Route");
}

std::string without_routes(std::string_view body, const Cpim& message, std::size_t count) {
    auto routes = message.values(kImdn, "IMDN-Route");
    routes.resize(std::min(count, routes.size()));
    std::string text;
    text.reserve(body.size());
    auto rest = body;
    for (const auto route : routes) {
        const auto line = line_of(body, route);
        text.append(rest.data(), line.data());
        rest.remove_prefix(static_cast<std::size_t>(line.data() + line.size() - rest.data()));
    }
    return text.append(rest);
}

std::string notification(const DispositionRequest& request, Disposition disposition,
                         std::string_view recipient, std::string_view message_id,
                         base::WallTime now) {
    const auto content = document(request, disposition, recipient);
    std::string body;
    append_header(body, "From",
                  request.to.empty() ? "<" + std::string(recipient) + ">" : request.to);
    append_header(body, "To", request.from);
    append_header(body, "NS", "imdn <" + std::string(kImdn) + ">");
    append_header(body, "imdn.Message-ID", message_id);
    append_header(body, "DateTime", base::to_rfc3339(now.time_since_epoch().count()));
    for (const auto& route : request.record_route) append_header(body, "imdn.IMDN-Route", route);
    body += "\r\n";
    append_header(body, "Content-type", kImdnType);
    append_header(body, "Content-Disposition", "notification");
    append_header(body, "Content-length", std::to_string(content.size()));
    return body + "\r\n" + content;
}

}  // namespace herald::pidf
