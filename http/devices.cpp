// http/devices.cpp: the devices that are registered, with what they say of themselves and what is
// remembered of them.
#include "base/text.h"
#include "http/routes.h"
#include "http/target.h"
#include "server/admin/admin_devices.h"

namespace herald::http {

namespace {

constexpr std::size_t kDefaultLimit = 100;
constexpr std::size_t kMaxLimit = 1000;

Json text_or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

Json time_of(base::WallTime time) {
    return base::to_rfc3339(time.time_since_epoch().count());
}

Json time_or_null(const std::optional<base::WallTime>& time) {
    return time ? time_of(*time) : Json();
}

Json json_of(const server::LearnedInfo& learned) {
    JsonArray refusals;
    for (const auto& [event, status] : learned.refusals)
        refusals.push_back(JsonObject{{"event", event}, {"status", status}});
    return JsonObject{
        {"aors", JsonArray(learned.aors.begin(), learned.aors.end())},
        {"seen", time_of(learned.seen)},
        {"challenges", learned.challenges},
        {"refuses", std::move(refusals)},
        {"enrolled_at", time_or_null(learned.enrolled_at)},
        {"takes", JsonArray(learned.takes.begin(), learned.takes.end())},
        {"offered", text_or_null(learned.offered)},
        {"offered_at", time_or_null(learned.offered_at)},
        {"fetched", text_or_null(learned.fetched)},
        {"fetched_at", time_or_null(learned.fetched_at)},
        {"fetches", static_cast<std::int64_t>(learned.fetches)},
    };
}

Json json_of(const server::DeviceInfo& info) {
    return JsonObject{
        {"id", info.id},
        {"aor", text_or_null(info.aor)},
        {"contact", text_or_null(info.contact)},
        {"instance", text_or_null(info.instance)},
        {"mac", text_or_null(info.mac)},
        {"user_agent", text_or_null(info.user_agent)},
        {"vendor", text_or_null(info.vendor)},
        {"model", text_or_null(info.model)},
        {"version", text_or_null(info.version)},
        {"flow", text_or_null(info.flow)},
        {"registered", time_or_null(info.registered)},
        {"expires_at", time_or_null(info.expires_at)},
        {"learned", info.learned ? json_of(*info.learned) : Json()},
    };
}

Result<server::DeviceQuery> query_of(const Call& call) {
    server::DeviceQuery query;
    query.domain = call.parameter("domain");
    query.user_agent = call.parameter("user_agent");
    query.vendor = call.parameter("vendor");
    query.model = call.parameter("model");
    query.after = call.parameter("after");
    query.limit = kDefaultLimit;
    if (const auto text = call.parameter("remembered"); !text.empty()) {
        if (text != "true" && text != "false")
            return Fault{FaultKind::malformed, "remembered is true or false"};
        query.is_remembered = text == "true";
    }
    if (const auto text = call.parameter("aor"); !text.empty()) {
        auto aor = aor_of(text);
        if (!aor) return aor.fault();
        query.aor = *std::move(aor);
    }
    if (const auto text = call.parameter("limit"); !text.empty()) {
        const auto limit = base::to_u64(text);
        if (!limit || *limit == 0 || *limit > kMaxLimit)
            return Fault{FaultKind::malformed,
                         "limit is \"" + std::string(text) + "\", expected 1 to 1000"};
        query.limit = static_cast<std::size_t>(*limit);
    }
    return query;
}

}  // namespace

Result<Answer> list_devices(const Call& call) {
    const auto query = query_of(call);
    if (!query) return query.fault();
    const auto page = call.context.admin.devices().page(*query);
    if (!page) return page.fault();
    JsonArray rows;
    for (const auto& info : page->rows) rows.push_back(json_of(info));
    return json_answer(JsonObject{
        {"devices", std::move(rows)}, {"total", page->total}, {"next", text_or_null(page->next)}});
}

}  // namespace herald::http
