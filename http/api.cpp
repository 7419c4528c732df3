// http/api.cpp: the steps every request takes.
#include "http/api.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "http/problem.h"
#include "http/target.h"

namespace herald::http {

namespace {

constexpr std::string_view kMethods[] = {"GET",     "HEAD", "PUT",  "DELETE",
                                         "OPTIONS", "POST", "PATCH"};

/// HEAD is answered as GET would be (RFC 9110 9.3.2).
std::string_view routed_method(std::string_view method) noexcept {
    return method == "HEAD" ? std::string_view("GET") : method;
}

/// The segments for each {...} of `pattern`; nullopt where the path is another.
std::optional<std::vector<std::string>> captured(std::string_view pattern,
                                                 const std::vector<std::string>& parts) {
    std::vector<std::string> out;
    std::string_view rest = pattern.substr(1);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto [segment, after, found] = base::split_once(rest, '/');
        if (segment.substr(0, 1) == "{") {
            if (parts[i].empty()) return std::nullopt;
            out.push_back(parts[i]);
        } else if (segment != parts[i]) {
            return std::nullopt;
        }
        if (!found) return i + 1 == parts.size() ? std::optional(std::move(out)) : std::nullopt;
        rest = after;
    }
    return std::nullopt;
}

bool is_json(std::string_view content_type) {
    return base::iequals(base::trim(base::split_once(content_type, ';').before),
                         "application/json");
}

Answer unauthorized(bool had_token, std::string_view path) {
    Answer answer = problem(
        401, "unauthenticated",
        had_token
            ? "This token is not known here."
            : "Send a token: Authorization: Bearer <token>. The first one is in http.token_file.",
        path);
    answer.headers.emplace_back(
        "WWW-Authenticate",
        had_token ? "Bearer realm=\"herald\", error=\"invalid_token\"" : "Bearer realm=\"herald\"");
    return answer;
}

Answer insufficient(Role has, Role needs, std::string_view path) {
    const std::string wanted(name_of(needs));
    Answer answer = problem(403, "forbidden",
                            "This needs a token with the role " + wanted +
                                "; this one has the role " + std::string(name_of(has)) + ".",
                            path);
    answer.headers.emplace_back(
        "WWW-Authenticate",
        "Bearer realm=\"herald\", error=\"insufficient_scope\", scope=\"" + wanted + "\"");
    return answer;
}

/// Checks that `query` holds only names the route knows.
Status check_query(const Route& route,
                   const std::vector<std::pair<std::string, std::string>>& query) {
    for (const auto& [name, value] : query) {
        std::string known;
        bool is_known = false;
        for (const QueryParameter& parameter : route.query) {
            is_known = is_known || parameter.name == name;
            known.append(known.empty() ? "want one of " : ", ").append(parameter.name);
        }
        if (is_known) continue;
        if (known.empty()) known = "there are none here";
        std::string detail = '"' + name;
        detail.append("\" is no query parameter, ").append(known);
        return Fault{FaultKind::malformed, std::move(detail)};
    }
    return {};
}

Answer method_not_allowed(const std::string& method, const std::string& allow,
                          std::string_view path) {
    Answer answer = problem(405, "method_not_allowed",
                            method + " is not possible here, want " + allow + ".", path);
    answer.headers.emplace_back("Allow", allow);
    return answer;
}

}  // namespace

struct Api::Match {
    Target target;
    const Route* route = nullptr;  ///< null: no such path, or not with this method
    std::vector<std::string> captured;
    std::string_view pattern;  ///< empty: no such path
    std::string allow;         ///< methods of the path

    static Match of(const Request& request, Target target) {
        Match match{.target = std::move(target)};
        for (const Route& route : routes()) {
            auto parts = http::captured(route.pattern, match.target.parts);
            if (!parts) continue;
            match.pattern = route.pattern;
            match.allow += match.allow.empty() ? "" : ", ";
            match.allow += route.method;
            if (route.method == "GET") match.allow += ", HEAD";
            if (route.method != routed_method(request.method)) continue;
            match.route = &route;
            match.captured = *std::move(parts);
        }
        if (!match.allow.empty()) match.allow += ", OPTIONS";
        return match;
    }
};

Api::Api(Context context, Tokens tokens)
    : context_(std::move(context)), tokens_(std::move(tokens)) {}

Answer Api::answer(const Request& request, const ReadBody& read) {
    const auto begin = std::chrono::steady_clock::now();
    auto target = parse_target(request.target);
    Answer answer;
    std::string_view route = "none";
    if (!target) {
        answer = problem_of(target.fault(), base::split_once(request.target, '?').before);
    } else {
        const Match match = Match::of(request, *std::move(target));
        if (!match.pattern.empty()) route = match.pattern;
        answer = answer_matched(request, match, read);
    }
    const auto took = std::chrono::steady_clock::now() - begin;
    count(request.method, route, answer.status, std::chrono::duration_cast<base::Duration>(took));
    return answer;
}

Answer Api::answer_unreadable() {
    count({}, "none", 400, base::Duration(0));
    return problem(400, "malformed",
                   "The head of this request cannot be read: want a request line, and at most 100 "
                   "headers of at most 8 KiB each.",
                   {});
}

Answer Api::answer_matched(const Request& request, const Match& match, const ReadBody& read) {
    const std::string& path = match.target.path;
    if (match.pattern.empty()) {
        return problem(404, "not_found",
                       "There is nothing here; GET /v1/openapi.json lists what there is.", path);
    }
    if (request.method == "OPTIONS") return {204, {}, {}, {{"Allow", match.allow}}};
    if (match.route == nullptr) return method_not_allowed(request.method, match.allow, path);
    const Route& route = *match.route;

    if (route.role != Role::open) {
        const auto token = bearer_token(request.authorization);
        const auto role = tokens_.role_of_holder(token);
        if (!role) return unauthorized(!token.empty(), path);
        if (*role < route.role) return insufficient(*role, route.role, path);
    }
    if (auto status = check_query(route, match.target.query); !status)
        return problem_of(status.fault(), path);

    Call call{context_, path, match.captured, match.target.query, {}, request, {}};
    if (auto refusal = read_body(route, read, call)) return *std::move(refusal);
    auto answer = route.handle(call);
    return answer ? *std::move(answer) : problem_of(answer.fault(), path);
}

std::optional<Answer> Api::read_body(const Route& route, const ReadBody& read, Call& call) const {
    const bool takes_json = !route.request_schema.empty();
    const bool takes_document = route.is_document && route.method == "PUT";
    if (!takes_json && !takes_document) return std::nullopt;
    if (takes_json && !is_json(call.request.content_type)) {
        return problem(415, "unsupported_media",
                       "Send JSON, and say so: Content-Type: application/json.", call.path);
    }
    if (!call.request.has_length) {
        return problem(411, "length_required", "Send Content-Length, or the body in chunks.",
                       call.path);
    }
    auto text = read();
    // Here it is the client that was late, not somebody behind us.
    if (!text && text.fault().kind == FaultKind::timeout)
        return problem(408, "timeout", text.fault().detail, call.path);
    if (!text) return problem_of(text.fault(), call.path);
    if (takes_document) {
        call.document = *std::move(text);
        return std::nullopt;
    }
    auto json = parse_json(*text);
    if (!json) {
        return problem_of(
            {FaultKind::malformed, "The body is not JSON: " + json.fault().detail + "."},
            call.path);
    }
    call.body = *std::move(json);
    return std::nullopt;
}

void Api::count(const std::string& method_sent, std::string_view route, int status,
                base::Duration took) {
    // Whatever else a stranger calls a method is one series.
    const bool is_method =
        std::find(std::begin(kMethods), std::end(kMethods), method_sent) != std::end(kMethods);
    const std::string method = is_method ? method_sent : "other";
    const std::lock_guard lock(mutex_);
    auto& counter = requests_[{method, std::string(route), status}];
    if (counter == nullptr) {
        counter = &context_.metrics.counter("http_requests_total", "HTTP requests answered",
                                            {{"method", method},
                                             {"route", std::string(route)},
                                             {"status", std::to_string(status)}});
    }
    counter->add();
    auto& histogram = seconds_[std::string(route)];
    if (histogram == nullptr) {
        histogram = &context_.metrics.histogram("http_request_duration_seconds",
                                                "From the head of a request to its answer",
                                                {{"route", std::string(route)}});
    }
    histogram->observe(static_cast<std::uint64_t>(took.count()));
}

}  // namespace herald::http
