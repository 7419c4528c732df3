// http/presence.cpp: presence for web pages: a few words of JSON each way.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "http/entity_tags.h"
#include "http/fields.h"
#include "http/routes.h"
#include "http/target.h"
#include "pidf/pidf.h"
#include "pidf/simple_presence.h"
#include "server/admin/admin_aliases.h"
#include "server/admin/admin_presence.h"

namespace herald::http {

namespace {

constexpr std::uint32_t kUsualTtl = 3600;
constexpr std::uint32_t kLongestTtl = 7 * 86400;
constexpr std::size_t kLongestNote = 1000;
constexpr std::size_t kMostActivities = 10;
constexpr std::size_t kMostUsers = 200;

bool is_activity(std::string_view name) {
    const auto known = pidf::activity_names();
    return std::find(known.begin(), known.end(), name) != known.end();
}

Json json_of(const pidf::SimplePresence& presence) {
    JsonArray activities;
    for (const auto& activity : presence.activities) activities.emplace_back(activity);
    return JsonObject{{"status", presence.is_open ? "open" : "closed"},
                      {"activities", std::move(activities)},
                      {"note", presence.note.empty() ? Json() : Json(presence.note)}};
}

Result<Json> json_of(const server::PresenceInfo& info) {
    const auto presence = pidf::simple_presence_of(info.body);
    if (!presence) return presence.fault();
    auto object = std::get<JsonObject>(json_of(*presence).value);
    object.emplace(object.begin(), "user", info.aor);
    return Json(std::move(object));
}

/// An answer that is the same as long as what it says is.
Result<Answer> tagged_presence(const Call& call, const Json& json) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    auto answer = json_answer(json);
    const auto hash = pidf::stable_hash(answer.body);
    std::string tag;
    for (int shift = 60; shift >= 0; shift -= 4) tag += kDigits[hash >> shift & 15];
    const auto known = entity_tags("If-None-Match", call.request.if_none_match);
    if (!known) return known.fault();
    const bool is_known = std::any_of(known->begin(), known->end(), [&](const auto& each) {
        return each == "*" || each == tag || each == "W/" + tag;
    });
    if (is_known) answer = Answer{304, {}, {}, {}};
    answer.headers.push_back(tag_header(tag));
    return answer;
}

pidf::SimplePresence read_presence(Fields& fields) {
    pidf::SimplePresence presence;
    const auto status = fields.text("status");
    if (status != "open" && status != "closed") fields.refuse("status", "expected open or closed");
    presence.is_open = status == "open";
    presence.activities = fields.texts("activities").value_or(std::vector<std::string>());
    if (presence.activities.size() > kMostActivities)
        fields.refuse("activities", "expected 10 at most");
    for (const auto& activity : presence.activities) {
        if (!is_activity(activity)) {
            fields.refuse("activities", "\"" + activity +
                                            "\" is no activity of RFC 4480, as in away, busy, "
                                            "meeting, on-the-phone or vacation");
        }
    }
    presence.note = base::trim(fields.text("note").value_or(""));
    if (presence.note.size() > kLongestNote) fields.refuse("note", "expected 1000 bytes at most");
    return presence;
}

Result<server::PresenceOrder> presence_order(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    auto any_of = entity_tags("If-Match", call.request.if_match);
    if (!any_of) return any_of.fault();
    auto none_of = entity_tags("If-None-Match", call.request.if_none_match);
    if (!none_of) return none_of.fault();
    server::PresenceOrder order;
    order.aor = *aor;
    order.source = call.actor;
    order.condition = {*std::move(any_of), *std::move(none_of)};
    return order;
}

/// What the holder of this token said himself.
Result<Answer> own_presence(const Call& call, const std::string& aor) {
    const auto own = call.context.admin.presence().own(aor, call.actor);
    if (!own) return own.fault();
    const auto presence = pidf::simple_presence_of(own->body);
    if (!presence) return presence.fault();
    auto object = std::get<JsonObject>(json_of(*presence).value);
    object.emplace(object.begin(), "user", aor);
    object.emplace_back("ttl", own->left.count());
    auto answer = json_answer(object);
    answer.headers.push_back(tag_header(own->entity_tag));
    return answer;
}

}  // namespace

Result<Answer> get_presence(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto source = call.parameter("source");
    if (source == "here") return own_presence(call, *aor);
    if (!source.empty()) return Fault{FaultKind::malformed, "source is \"here\", or left out"};
    const auto found = call.context.admin.presence().find({*aor});
    if (!found) return found.fault();
    const auto json = json_of(found->front());
    if (!json) return json.fault();
    return tagged_presence(call, *json);
}

Result<Answer> put_presence(const Call& call) {
    auto order = presence_order(call);
    if (!order) return order.fault();
    Fields fields(call.body);
    const auto presence = read_presence(fields);
    const auto ttl = fields.number("ttl").value_or(kUsualTtl);
    if (ttl == 0 || ttl > kLongestTtl) fields.refuse("ttl", "expected 1 to 604800 seconds");
    if (auto status = fields.status(); !status) return status.fault();
    order->ttl = std::chrono::seconds(ttl);
    order->body = pidf::pidf_of(presence, order->aor, "web");
    const auto done = call.context.admin.presence().put(*order);
    if (!done) return done.fault();
    return Answer{done->is_new ? 201 : 204, {}, {}, {tag_header(done->entity_tag)}};
}

Result<Answer> delete_presence(const Call& call) {
    const auto order = presence_order(call);
    if (!order) return order.fault();
    if (auto done = call.context.admin.presence().remove(*order); !done) return done.fault();
    return Answer{204, {}, {}, {}};
}

Result<Answer> list_presence(const Call& call) {
    std::vector<std::string> aors;
    for (auto rest = call.parameter("users"); !rest.empty();) {
        const auto [name, after, found] = base::split_once(rest, ',');
        const auto aor = aor_of(base::trim(name));
        if (!aor) return aor.fault();
        if (!call.reach.covers(*aor)) {
            return Fault{FaultKind::forbidden,
                         "This token is good for " + call.reach.limit() + " only."};
        }
        const auto done = check_alias(call.reach, *aor, call.context.admin.aliases());
        if (!done) return done.fault();
        aors.push_back(*aor);
        rest = after;
    }
    if (aors.empty() || aors.size() > kMostUsers)
        return Fault{FaultKind::malformed, "users names 1 to 200, with commas between them"};
    const auto found = call.context.admin.presence().find(aors);
    if (!found) return found.fault();
    JsonArray rows;
    for (const auto& info : *found) {
        auto json = json_of(info);
        if (!json) return json.fault();
        rows.push_back(*std::move(json));
    }
    return tagged_presence(call, JsonObject{{"users", std::move(rows)}});
}

}  // namespace herald::http
