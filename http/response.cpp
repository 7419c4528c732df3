// http/response.cpp: status line, headers, body.
#include "http/response.h"

#include <ctime>
#include <string_view>

#include "base/text.h"
#include "http/problem.h"

namespace herald::http {

namespace {

void append_header(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string response_text(const Answer& answer, const ResponseStyle& style) {
    std::string out(style.is_http10 ? "HTTP/1.0 " : "HTTP/1.1 ");
    out.reserve(512 + answer.body.size());
    base::append_number(out, static_cast<std::uint64_t>(answer.status));
    out.append(" ").append(title_of(answer.status)).append("\r\n");
    append_header(out, "Date", base::to_http_date(std::time(nullptr)));
    append_header(out, "Server", "Herald");
    if (!answer.type.empty()) append_header(out, "Content-Type", answer.type);
    if (answer.status != 204 && answer.status != 304 && !answer.events)
        append_header(out, "Content-Length", std::to_string(answer.body.size()));
    append_header(out, "Cache-Control", "no-store");
    append_header(out, "X-Content-Type-Options", "nosniff");
    if (style.hsts > 0)
        append_header(out, "Strict-Transport-Security", "max-age=" + std::to_string(style.hsts));
    for (const auto& [name, value] : answer.headers) append_header(out, name, value);
    if (style.is_last) append_header(out, "Connection", "close");
    out += "\r\n";
    if (style.has_body) out += answer.body;
    return out;
}

}  // namespace herald::http
