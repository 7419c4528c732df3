// http/devices.cpp: the devices that are registered, with what they say of themselves and what is
// remembered of them.
#include "http/paging.h"
#include "http/resource_json.h"
#include "http/routes.h"
#include "server/admin/admin_devices.h"

namespace herald::http {

namespace {

Json json_of(const server::LearnedInfo& learned) {
    JsonArray refusals;
    for (const auto& [event, status] : learned.refusals)
        refusals.push_back(JsonObject{{"event", event}, {"status", status}});
    return JsonObject{
        {"aors", texts_of(learned.aors)},
        {"seen", time_of(learned.seen)},
        {"challenges", learned.challenges},
        {"refuses", std::move(refusals)},
        {"enrolled_at", time_of(learned.enrolled_at)},
        {"takes", texts_of(learned.takes)},
        {"offered", text_or_null(learned.offered)},
        {"offered_at", time_of(learned.offered_at)},
        {"fetched", text_or_null(learned.fetched)},
        {"fetched_at", time_of(learned.fetched_at)},
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
        {"registered", time_of(info.registered)},
        {"expires_at", time_of(info.expires_at)},
        {"learned", info.learned ? json_of(*info.learned) : Json()},
    };
}

Result<server::DeviceQuery> device_query(const Call& call) {
    server::DeviceQuery query;
    query.domain = call.parameter("domain");
    query.user_agent = call.parameter("user_agent");
    query.vendor = call.parameter("vendor");
    query.model = call.parameter("model");
    query.after = call.parameter("after");
    if (const auto text = call.parameter("remembered"); !text.empty()) {
        if (text != "true" && text != "false")
            return Fault{FaultKind::malformed, "remembered is true or false"};
        query.is_remembered = text == "true";
    }
    auto aor = aor_parameter(call, "aor");
    if (!aor) return aor.fault();
    query.aor = *std::move(aor);
    const auto limit = limit_of(call);
    if (!limit) return limit.fault();
    query.limit = *limit;
    return query;
}

}  // namespace

Result<Answer> list_devices(const Call& call) {
    const auto query = device_query(call);
    if (!query) return query.fault();
    const auto page = call.context.admin.devices().page(*query);
    if (!page) return page.fault();
    JsonArray rows;
    for (const auto& info : page->rows) rows.push_back(json_of(info));
    return json_answer(JsonObject{
        {"devices", std::move(rows)}, {"total", page->total}, {"next", text_or_null(page->next)}});
}

}  // namespace herald::http
