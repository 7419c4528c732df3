// http/resources.cpp: who watches what, and what they are shown.
#include <algorithm>
#include <sstream>

#include <Poco/Base64Encoder.h>

#include "base/text.h"
#include "http/paging.h"
#include "http/problem.h"
#include "http/resource_json.h"
#include "http/routes.h"
#include "http/target.h"
#include "server/admin/admin_resources.h"
#include "server/admin/admin_subscriptions.h"

namespace herald::http {

namespace {

constexpr std::string_view kStates[] = {"pending", "active", "suspect", "flow_lost", "terminated"};

std::string base64(const std::string& bytes) {
    std::ostringstream out;
    Poco::Base64Encoder encoder(out);
    encoder.rdbuf()->setLineLength(0);
    encoder << bytes;
    encoder.close();
    return out.str();
}

Result<server::SubscriptionQuery> subscription_query(const Call& call) {
    server::SubscriptionQuery query;
    query.package = call.parameter("package");
    query.state = call.parameter("state");
    query.after = call.parameter("after");
    if (!query.state.empty() &&
        std::find(std::begin(kStates), std::end(kStates), query.state) == std::end(kStates)) {
        return malformed("state is \"" + query.state +
                         "\", expected pending, active, suspect, flow_lost or terminated");
    }
    auto resource = aor_parameter(call, "resource");
    if (!resource) return resource.fault();
    query.resource = *std::move(resource);
    auto watcher = aor_parameter(call, "watcher");
    if (!watcher) return watcher.fault();
    query.watcher = *std::move(watcher);
    const auto limit = limit_of(call);
    if (!limit) return limit.fault();
    query.limit = *limit;
    return query;
}

}  // namespace

std::pair<std::string, Json> body_member(const std::string& body) {
    if (base::is_utf8(body)) return {"body", body};
    return {"body_base64", base64(body)};
}

Json time_of(base::WallTime time) {
    return base::to_rfc3339(time.time_since_epoch().count());
}
Json time_of(const std::optional<base::WallTime>& time) {
    return time ? time_of(*time) : Json();
}

JsonObject json_of(const server::SubscriptionInfo& info) {
    return JsonObject{
        {"id", info.id},
        {"package", info.package},
        {"resource", info.resource},
        {"watcher", info.watcher},
        {"state", info.state},
        {"expires_at", time_of(info.expires_at)},
        {"call_id", info.call_id},
        {"remote_target", info.remote_target},
        {"flow", info.flow},
        {"certificate", text_or_null(info.certificate)},
        {"last_notify", time_of(info.last_notify)},
        {"last_answer", info.last_answer == 0 ? Json() : Json(info.last_answer)},
        {"next_retry", time_of(info.next_retry)},
        {"failures", info.failures},
    };
}

Json json_of(const server::PublicationInfo& info) {
    return JsonObject{
        {"source", info.source},
        {"publisher", info.publisher},
        {"entity_tag_prefix", info.entity_tag_prefix},
        {"rank", info.rank},
        {"arrived", time_of(info.arrived)},
        {"expires_at", time_of(info.expires_at)},
        {"type", info.type},
        {"size", info.size},
        body_member(info.body),
    };
}

Result<Answer> list_subscriptions(const Call& call) {
    const auto query = subscription_query(call);
    if (!query) return query.fault();
    const auto page = call.context.admin.subscriptions().page(*query);
    if (!page) return page.fault();

    JsonArray rows;
    for (const auto& info : page->rows) rows.push_back(json_of(info));
    return json_answer(JsonObject{
        {"subscriptions", std::move(rows)},
        {"total", page->total},
        {"next", page->next.empty() ? Json() : Json(page->next)},
    });
}

Result<Answer> list_resources(const Call& call) {
    const auto limit = limit_of(call);
    if (!limit) return limit.fault();
    const auto page =
        call.context.admin.resources().page({.package = std::string(call.parameter("package")),
                                             .domain = base::lower(call.parameter("domain")),
                                             .after = std::string(call.parameter("after")),
                                             .limit = *limit});
    if (!page) return page.fault();
    JsonArray rows;
    for (const auto& row : page->rows) {
        rows.push_back(JsonObject{{"package", row.package},
                                  {"aor", row.aor},
                                  {"watchers", row.watchers},
                                  {"publications", row.publications}});
    }
    return json_answer(JsonObject{{"resources", std::move(rows)},
                                  {"total", page->total},
                                  {"next", text_or_null(page->next)}});
}

Result<Answer> get_resource(const Call& call) {
    const auto aor = aor_of(call.captured[1]);
    if (!aor) return aor.fault();
    const auto resource = call.context.admin.resources().find(call.captured[0], *aor);
    if (!resource) return resource.fault();

    JsonArray publications;
    for (const auto& info : resource->publications) publications.push_back(json_of(info));
    return json_answer(JsonObject{
        {"package", resource->package},
        {"aor", resource->aor},
        {"watchers", resource->watchers},
        {"type", resource->type},
        body_member(resource->body),
        {"publications", std::move(publications)},
    });
}

}  // namespace herald::http
