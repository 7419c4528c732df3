// http/problem.cpp: problem details and the table from Faults to status codes.
#include "http/problem.h"

#include <utility>

namespace herald::http {

namespace {

constexpr const char* kRetrySeconds = "5";

}  // namespace

std::string_view title_of(int status) noexcept {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 204:
            return "No Content";
        case 304:
            return "Not Modified";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 411:
            return "Length Required";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 421:
            return "Misdirected Request";
        case 422:
            return "Unprocessable Content";
        case 429:
            return "Too Many Requests";
        case 500:
            return "Internal Server Error";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "Error";
    }
}

Answer problem(int status, std::string_view kind, std::string_view detail,
               std::string_view instance, JsonObject more) {
    JsonObject body{
        {"type", "about:blank"}, {"title", title_of(status)}, {"status", status},
        {"detail", detail},      {"instance", instance},      {"kind", kind},
    };
    for (auto& member : more) body.push_back(std::move(member));
    Answer answer{status, "application/problem+json", to_text(body) + "\n", {}};
    if (status == 503 || status == 429) answer.headers.emplace_back("Retry-After", kRetrySeconds);
    return answer;
}

Fault malformed(std::string detail) {
    return {FaultKind::malformed, std::move(detail)};
}

int status_of(FaultKind kind) noexcept {
    switch (kind) {
        case FaultKind::malformed:
        case FaultKind::interval_too_brief:
            return 400;
        case FaultKind::unauthenticated:
            return 401;
        case FaultKind::forbidden:
            return 403;
        case FaultKind::unknown_event:
        case FaultKind::not_found:
            return 404;
        case FaultKind::not_acceptable:
            return 406;
        case FaultKind::conflict:
            return 409;
        case FaultKind::precondition_failed:
            return 412;
        case FaultKind::too_large:
            return 413;
        case FaultKind::unsupported_media:
            return 415;
        case FaultKind::limit_reached:
            return 429;
        case FaultKind::unknown_outcome:
        case FaultKind::io:
        case FaultKind::invalid_configuration:
            return 500;
        case FaultKind::unreachable:
            return 502;
        case FaultKind::unavailable:
            return 503;
        case FaultKind::timeout:
            return 504;
    }
    return 500;
}

Answer problem_of(const Fault& fault, std::string_view instance) {
    return problem(status_of(fault.kind), base::name_of(fault.kind), fault.detail, instance);
}

}  // namespace herald::http
