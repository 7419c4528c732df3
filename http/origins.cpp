// http/origins.cpp: the headers by which browsers let a page read an answer.
#include "http/origins.h"

#include <algorithm>

namespace herald::http {

namespace {

/// A browser asks again after it.
constexpr const char* kSecondsGood = "600";

}  // namespace

bool Origins::knows(const std::string& origin) const {
    return !origin.empty() && std::find(allowed_.begin(), allowed_.end(), origin) != allowed_.end();
}

bool Origins::is_preflight(const Request& request) const {
    return request.method == "OPTIONS" && !request.asked_method.empty() && knows(request.origin);
}

void Origins::permit(const Request& request, Answer& answer) const {
    if (allowed_.empty()) return;
    answer.headers.emplace_back("Vary", "Origin");
    if (!knows(request.origin)) return;
    answer.headers.emplace_back("Access-Control-Allow-Origin", request.origin);
    answer.headers.emplace_back("Access-Control-Expose-Headers", "ETag, Retry-After");
    if (!is_preflight(request)) return;
    answer.headers.emplace_back("Access-Control-Allow-Methods", "GET, PUT, POST, DELETE");
    answer.headers.emplace_back("Access-Control-Allow-Headers",
                                "Authorization, Content-Type, If-Match, If-None-Match, "
                                "Last-Event-ID");
    answer.headers.emplace_back("Access-Control-Max-Age", kSecondsGood);
}

}  // namespace herald::http
