// http/api.cpp: the steps every request takes.
#include "http/api.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "http/forwarded.h"
#include "http/head.h"
#include "http/idempotency.h"
#include "http/problem.h"
#include "http/target.h"
#include "pidf/common_policy.h"
#include "server/admin/admin_aliases.h"
#include "server/admin/admin_tokens.h"

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

/// Whether the page that asks was served by the name that is asked (RFC 6454), whatever the port:
/// who holds one port of it holds it.
bool is_same_origin(const Request& request) {
    constexpr std::string_view kScheme = "https://";
    if (!request.origin.starts_with(kScheme) || request.host.empty()) return false;
    const auto host = host_of(std::string_view(request.origin).substr(kScheme.size()));
    return host && *host == request.host;
}

/// Checks that `query` holds only names the route knows.
Status check_query(const Route& route,
                   const std::vector<std::pair<std::string, std::string>>& query) {
    for (const auto& [name, value] : query) {
        std::string known;
        bool is_known = false;
        for (const QueryParameter& parameter : route.query) {
            is_known = is_known || parameter.name == name;
            known.append(known.empty() ? "expected one of " : ", ").append(parameter.name);
        }
        if (is_known) continue;
        if (known.empty()) known = "there are none here";
        std::string detail = '"' + name;
        detail.append("\" is not a query parameter, ").append(known);
        return Fault{FaultKind::malformed, std::move(detail)};
    }
    return {};
}

Answer method_not_allowed(const std::string& method, const std::string& allow,
                          std::string_view path) {
    Answer answer = problem(405, "method_not_allowed",
                            method + " is not possible here, expected " + allow + ".", path);
    answer.headers.emplace_back("Allow", allow);
    return answer;
}

/// RFC 9110 15.5.20
Answer misdirected(const std::string& host, std::string_view path) {
    return problem(
        421, "misdirected",
        "This server is not called " + host + "; if it should be, put that name into http.hosts.",
        path);
}

std::optional<Answer> body_refusal(const Route& route, const Request& request,
                                   std::string_view path) {
    if (route.takes_json() && route.other_type.empty() && !is_json(request.content_type)) {
        return problem(415, "unsupported_media",
                       "Send JSON, and say so: Content-Type: application/json.", path);
    }
    if (!request.has_length) {
        return problem(411, "length_required", "Send Content-Length, or the body in chunks.", path);
    }
    return std::nullopt;
}

/// Those that were made over HTTP, as the store kept them.
std::vector<server::HttpToken> made_tokens(server::Admin& admin) {
    std::vector<server::HttpToken> rows;
    for (auto& row : admin.tokens().at_start()) {
        if (auto token = token_of_row(row); !token.role.empty()) rows.push_back(std::move(token));
    }
    return rows;
}

}  // namespace

struct Api::Match {
    Target target;
    const Route* route = nullptr;  ///< null: no such path, or not with this method
    std::vector<std::string> captured;
    /// Of the {...} or the query parameter of this name; nullopt: there is none.
    std::optional<std::string> named(std::string_view name) const;
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

std::optional<std::string> Api::Match::named(std::string_view name) const {
    std::size_t index = 0;
    for (auto open = pattern.find('{'); open != std::string_view::npos;
         open = pattern.find('{', open + 1), ++index) {
        if (pattern.substr(open + 1, pattern.find('}', open) - open - 1) == name)
            return captured[index];
    }
    for (const auto& [parameter, value] : target.query) {
        if (parameter == name) return value;
    }
    return std::nullopt;
}

/// What a token that is good for some only may not touch.
std::optional<Answer> Api::refusal_beyond(const Reach& reach, const Match& match) {
    const auto name = limited_by(match.pattern);
    if (reach.is_everybody() || name == "reach") return std::nullopt;
    const auto text = name.empty() ? std::nullopt : match.named(name);
    const bool is_domain = text && text->find('@') == std::string::npos;
    const auto whose = !text       ? Result<std::string>(std::string())
                       : is_domain ? Result<std::string>(pidf::comparable_domain(*text))
                                   : aor_of(*text);
    if (!whose) return problem_of(whose.fault(), match.target.path);
    if (!whose->empty() && reach.covers(*whose)) return std::nullopt;
    return problem(403, "forbidden", "This token is good for " + reach.limit() + " only.",
                   match.target.path);
}

/// ... as what it may touch stands for something else.
std::optional<Answer> Api::refusal_by_alias(const Reach& reach, const Match& match) const {
    const auto name = limited_by(match.pattern);
    const auto text = name.empty() ? std::nullopt : match.named(name);
    const bool is_user = text && text->find('@') != std::string::npos;
    const auto aor = is_user ? aor_of(*text) : Result<std::string>(std::string());
    if (!aor || aor->empty()) return std::nullopt;
    const auto done = check_alias(reach, *aor, context_.admin.aliases());
    return done ? std::nullopt : std::optional(problem_of(done.fault(), match.target.path));
}

Api::Api(Context context, Doors doors)
    : context_(std::move(context)),
      tokens_(doors.tokens, made_tokens(context_.admin)),
      doors_(std::make_shared<const Doors>(std::move(doors))) {
    context_.tokens = &tokens_;
}

void Api::open(Doors doors) {
    tokens_.configure(doors.tokens);
    auto fresh = std::make_shared<const Doors>(std::move(doors));
    const std::lock_guard lock(doors_mutex_);
    doors_ = std::move(fresh);
}

Api::DoorsPtr Api::doors() const {
    const std::lock_guard lock(doors_mutex_);
    return doors_;
}

/// By token; else by certificate, which a browser shows for every page: not for one of another
/// origin.
std::optional<Holder> Api::holder_of(const Request& request) const {
    const auto token = bearer_token(request.authorization);
    if (!token.empty()) {
        const auto tokens = tokens_.tokens();
        const auto role = tokens->role_of_holder(token);
        if (!role) return std::nullopt;
        return Holder{*role, tokens->name_of_holder(token), tokens->reach_of_holder(token)};
    }
    const auto open = doors();
    const bool is_of_another =
        !request.origin.empty() && !open->origins.knows(request.origin) && !is_same_origin(request);
    if (!request.certificate || is_of_another) return std::nullopt;
    return open->clients.find(*request.certificate);
}

Api::Next Api::next(const Request& request) const {
    auto target = parse_target(request.target);
    if (!target) return Next::answer;
    const Match match = Match::of(request, *std::move(target));
    if (refusal(request, match)) return Next::answer;
    if (match.route->takes_body()) return Next::read_body;
    return match.route->is_instant ? Next::answer : Next::hand_over;
}

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
    const auto open = doors();
    open->origins.permit(request, answer);
    answer.client = client_of(request, open->trusted_proxies);
    const auto took = std::chrono::steady_clock::now() - begin;
    count(request.method, route, answer.status, std::chrono::duration_cast<base::Duration>(took));
    return answer;
}

Answer Api::answer_unreadable(std::string_view why) {
    count({}, "none", 400, base::Duration(0));
    return problem(400, "malformed", why, {});
}

Answer Api::answer_other_version(const Request& request) {
    count(request.method, "none", 505, base::Duration(0));
    return problem(505, "version_not_supported", "Only HTTP/1.1 and 1.0 are spoken here.",
                   request.target);
}

Answer Api::answer_too_many_streams(const Request& request, TooMany readers) {
    const auto path = base::split_once(request.target, '?').before;
    Answer answer =
        readers == TooMany::of_token
            ? problem(429, "limit_reached",
                      "Too many read events with this token; http.event_streams_per_token is the "
                      "limit.",
                      path)
            : problem(503, "unavailable", "Too many read events; http.event_streams is the limit.",
                      path);
    doors()->origins.permit(request, answer);
    return answer;
}

Answer Api::answer_crowded(const Request& request) {
    count(request.method, "none", 503, base::Duration(0));
    return problem(503, "unavailable",
                   "Too many requests are on their way; http.buffer is the limit.",
                   base::split_once(request.target, '?').before);
}

/// What speaks against a request, or answers it, before its body is looked at.
std::optional<Answer> Api::refusal(const Request& request, const Match& match) const {
    const std::string& path = match.target.path;
    if (!doors()->hosts.knows(request.host)) return misdirected(request.host, path);
    if (match.pattern.empty()) {
        return problem(404, "not_found",
                       "There is nothing here; GET /v1/openapi.json lists what there is.", path);
    }
    if (request.method == "OPTIONS") return Answer{204, {}, {}, {{"Allow", match.allow}}};
    if (match.route == nullptr) return method_not_allowed(request.method, match.allow, path);
    const Route& route = *match.route;
    if (route.role != Role::open) {
        const auto holder = holder_of(request);
        if (!holder) return unauthorized(!bearer_token(request.authorization).empty(), path);
        if (holder->role < route.role) return insufficient(holder->role, route.role, path);
        if (auto beyond = refusal_beyond(holder->reach, match)) return beyond;
    }
    if (auto status = check_query(route, match.target.query); !status)
        return problem_of(status.fault(), path);
    return route.takes_body() ? body_refusal(route, request, path) : std::nullopt;
}

Answer Api::answer_matched(const Request& request, const Match& match, const ReadBody& read) {
    if (auto answer = refusal(request, match)) return *std::move(answer);
    const std::string& path = match.target.path;
    const Route& route = *match.route;
    Call call{context_, path, match.captured, match.target.query, {}, request, {}, {}, {}};
    const auto holder = route.role == Role::open ? std::nullopt : holder_of(request);
    if (holder) call.actor = holder->name, call.reach = holder->reach;
    if (auto beyond = refusal_by_alias(call.reach, match)) return *std::move(beyond);
    if (auto refused = read_body(route, read, call)) return *std::move(refused);
    auto made = carry_out(route, call);
    auto answer = made ? *std::move(made) : problem_of(made.fault(), path);
    answer.actor = call.actor;
    return answer;
}

/// Once, where the request says that it may come twice.
Result<Answer> Api::carry_out(const Route& route, Call& call) {
    const auto apply = [&] {
        return conditions_.apply(route, call, [&] { return route.handle(call); });
    };
    const bool may_come_twice = route.method == "POST" && !call.request.idempotency_key.empty();
    return may_come_twice ? once(route, call, apply) : apply();
}

std::optional<Answer> Api::read_body(const Route& route, const ReadBody& read, Call& call) const {
    if (!route.takes_body()) return std::nullopt;
    auto text = read();
    // Here it is the client that was late, not somebody behind us.
    if (!text && text.fault().kind == FaultKind::timeout)
        return problem(408, "timeout", text.fault().detail, call.path);
    if (!text) return problem_of(text.fault(), call.path);
    if (!route.takes_json() || !is_json(call.request.content_type)) {
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
    call.document = *std::move(text);
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
        counter = &context_.metrics.counter("herald_http_requests_total", "HTTP requests answered",
                                            {{"method", method},
                                             {"route", std::string(route)},
                                             {"status", std::to_string(status)}});
    }
    counter->add();
    auto& histogram = seconds_[std::string(route)];
    if (histogram == nullptr) {
        histogram = &context_.metrics.histogram("herald_http_request_duration_seconds",
                                                "From the head of a request to its answer",
                                                {{"route", std::string(route)}});
    }
    histogram->observe(static_cast<std::uint64_t>(took.count()));
}

}  // namespace herald::http
