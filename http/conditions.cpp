// http/conditions.cpp: requests that depend on what is there (RFC 9110 13).
#include "http/conditions.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_map.h"
#include "http/entity_tags.h"
#include "http/target.h"
#include "http/tokens.h"

namespace herald::http {

namespace {

/// Hex digits of a hash that are enough.
constexpr std::size_t kTagSize = 32;

std::string tag_in(const Answer& answer) {
    for (const auto& [name, value] : answer.headers) {
        if (name == "ETag") return value.substr(1, value.size() - 2);
    }
    return {};
}

bool has(const std::vector<std::string>& tags, const std::string& tag) {
    return std::any_of(tags.begin(), tags.end(), [&](const std::string& each) {
        return each == tag || (each == "*" && !tag.empty());
    });
}

/// RFC 9110 13.1.2: who has it already is told so.
Result<Answer> tagged(const Call& call, Answer answer) {
    const bool has_tag = answer.status == 200 && !answer.events;
    if (!has_tag) return answer;
    auto tag = tag_in(answer);
    if (tag.empty()) {
        tag = sha256_hex(answer.body).substr(0, kTagSize);
        answer.headers.push_back(tag_header(tag));
    }
    const auto known = entity_tags("If-None-Match", call.request.if_none_match);
    if (!known) return known.fault();
    if (!has(*known, tag) && !has(*known, "W/" + tag)) return answer;
    return Answer{304, {}, {}, std::move(answer.headers)};
}

/// What is changed, however the path spells it: "alice@b.c", "sip:alice@B.c", "alice%40b.c".
std::string place_of(const Route& route, const Call& call) {
    std::string place(route.pattern);
    for (const auto& part : call.captured) {
        const auto aor = aor_of(part);
        (place += '\n') += aor ? *aor : part;
    }
    return place;
}

const Route* reader_of(std::string_view pattern) {
    for (const auto& route : routes()) {
        if (route.pattern == pattern && route.method == "GET") return &route;
    }
    return nullptr;
}

/// The entity-tag of what is at the path; empty: nothing is. Faults: as its GET.
Result<std::string> tag_at(const Route& route, const Call& call) {
    const auto* reader = reader_of(route.pattern);
    if (reader == nullptr) return std::string();
    const Request request{.method = "GET", .target = call.path};
    Call asked{call.context, call.path, call.captured, {}, {}, request, {}, call.actor, call.reach};
    for (const auto& parameter : call.query) {
        const auto is_it = [&](const auto& known) { return known.name == parameter.first; };
        if (std::any_of(reader->query.begin(), reader->query.end(), is_it))
            asked.query.push_back(parameter);
    }
    auto answer = reader->handle(asked);
    if (!answer && answer.fault().kind == FaultKind::not_found) return std::string();
    if (!answer) return answer.fault();
    auto tagged_answer = tagged(asked, *std::move(answer));
    if (!tagged_answer) return tagged_answer.fault();
    return tag_in(*tagged_answer);
}

Status check(const Route& route, const Call& call) {
    const auto any_of = entity_tags("If-Match", call.request.if_match);
    if (!any_of) return any_of.fault();
    const auto none_of = entity_tags("If-None-Match", call.request.if_none_match);
    if (!none_of) return none_of.fault();
    if (any_of->empty() && none_of->empty()) return {};
    const auto tag = tag_at(route, call);
    if (!tag) return tag.fault();
    const bool holds = (any_of->empty() || has(*any_of, *tag)) && !has(*none_of, *tag);
    if (holds) return {};
    return Fault{FaultKind::precondition_failed,
                 tag->empty() ? std::string("There is nothing with an entity-tag here")
                              : "What is there has the entity-tag \"" + *tag + '"'};
}

}  // namespace

Result<Answer> Conditions::apply(const Route& route, const Call& call, const Handle& handle) {
    if (route.role == Role::open) return handle();
    if (route.method != "GET") return change(route, call, handle);
    auto answer = handle();
    if (!answer) return answer;
    return tagged(call, *std::move(answer));
}

Result<Answer> Conditions::change(const Route& route, const Call& call, const Handle& handle) {
    if (route.has_own_conditions || route.method == "POST") return handle();
    const auto place = place_of(route, call);
    const std::lock_guard lock(places_[base::NameHash()(place) % places_.size()]);
    if (auto status = check(route, call); !status) return status.fault();
    return handle();
}

}  // namespace herald::http
