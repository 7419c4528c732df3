// http/idempotency.cpp: requests that may come twice.
#include "http/idempotency.h"

#include <optional>
#include <utility>

#include "http/problem.h"
#include "http/tokens.h"
#include "server/admin/admin_requests.h"

namespace herald::http {

namespace {

using server::GivenAnswer;
using Kind = server::RequestStanding::Kind;

/// No part can pass for another.
std::string name_of(const Call& call) {
    std::string all;
    for (const std::string_view part : {std::string_view(call.actor), std::string_view(call.path),
                                        std::string_view(call.request.idempotency_key)})
        (all += std::to_string(part.size()) + ':') += part;
    return sha256_hex(all);
}

/// Of what it says, its query included.
std::string body_of(const Call& call) {
    return sha256_hex(call.request.target + '\n' + call.document);
}

GivenAnswer given(const Answer& answer) {
    return {answer.status, answer.type, answer.body, answer.headers};
}

Answer again(GivenAnswer before) {
    return {before.status, std::move(before.type), std::move(before.body),
            std::move(before.headers)};
}

/// It may have been carried out (see Admin::share).
bool is_unknown(FaultKind kind) {
    return kind == FaultKind::timeout || kind == FaultKind::unknown_outcome;
}

/// What may go better another time is not kept.
std::optional<GivenAnswer> kept(const Result<Answer>& answer) {
    const bool is_kept = answer && answer->status < 500 && !answer->events;
    return is_kept ? std::optional(given(*answer)) : std::nullopt;
}

Answer known(server::RequestStanding standing, std::string_view path) {
    switch (standing.kind) {
        case Kind::answered:
            return again(std::move(standing.answer));
        case Kind::other:
            return problem(422, "key_reused", "Another request had this Idempotency-Key.", path);
        case Kind::under_way: {
            auto answer =
                problem(409, "under_way",
                        "The first request with this Idempotency-Key is being carried out.", path);
            answer.headers.emplace_back("Retry-After", "1");
            return answer;
        }
        case Kind::unknown:
        case Kind::fresh:
            break;
    }
    return problem(409, "unknown_outcome",
                   "The first request with this Idempotency-Key may have been carried out; it is "
                   "not carried out again.",
                   path);
}

}  // namespace

Result<Answer> once(const Route& route, Call& call, const Make& make) {
    if (call.request.idempotency_key.size() > kLongestIdempotencyKey)
        return Fault{FaultKind::malformed, "Idempotency-Key is longer than 255 bytes"};
    auto& requests = call.context.admin.requests();
    const auto name = name_of(call);
    auto standing = requests.begin(name, body_of(call));
    if (!standing) {
        // Nothing was done yet.
        const auto& fault = standing.fault();
        return fault.kind == FaultKind::timeout ? Fault{FaultKind::unavailable, fault.detail}
                                                : fault;
    }
    if (standing->kind != Kind::fresh) return known(*std::move(standing), call.path);
    call.late = [&requests, name](const Result<Answer>& answer) {
        if (answer || !is_unknown(answer.fault().kind)) requests.settle_late(name, kept(answer));
    };
    auto answer = make();
    if (!answer && is_unknown(answer.fault().kind)) {
        requests.leave(name);
    } else if (auto made = kept(answer)) {
        requests.answered(name, *std::move(made), route.has_secret_answer);
    } else {
        requests.not_done(name);
    }
    return answer;
}

}  // namespace herald::http
