// http/watchers.cpp: who watches somebody, who waits for that, what was decided, and why somebody
// sees what he sees.
#include "base/text.h"
#include "http/lists.h"
#include "http/paging.h"
#include "http/policy_json.h"
#include "http/resource_json.h"
#include "http/target.h"

namespace herald::http {

namespace {

/// Subscriptions of one watcher to one resource that an explanation shows.
constexpr std::size_t kMostShown = 100;
/// NOTIFYs of each.
constexpr std::size_t kMostNotifies = 10;

Json json_of(const server::WatcherInfo& info) {
    return JsonObject{{"id", info.id},
                      {"package", info.package},
                      {"watcher", info.watcher},
                      {"status", info.status},
                      {"event", info.event},
                      {"since", time_of(info.since)},
                      {"expires_at", time_of(info.expires_at)},
                      {"decided_by", info.decided_by},
                      {"rule", text_or_null(info.rule)}};
}

/// With what was sent, and what became of it.
JsonObject json_with_notifies(const server::SubscriptionInfo& info) {
    auto object = http::json_of(info);
    JsonArray notifies;
    for (const auto& notify : info.notifies) {
        notifies.push_back(JsonObject{{"at", time_of(notify.at)},
                                      {"cseq", notify.cseq},
                                      {"state", notify.state},
                                      {"answer", notify.answer},
                                      {"took_ms", notify.took}});
    }
    object.emplace_back("notifies", std::move(notifies));
    return object;
}

bool is_status(std::string_view state) {
    return state.empty() || state == "pending" || state == "active" || state == "waiting" ||
           state == "terminated";
}

/// About the subscriptions there are now; no list says it.
Result<Answer> decide_once(const Call& call, const std::string& owner,
                           const server::ListEntry& entry) {
    auto& policies = call.context.admin.policies();
    const auto scope = policies.scope_of(owner);
    if (!scope) return scope.fault();
    const auto decided = policies.decide_once(*scope, entry, call.actor);
    if (!decided) return decided.fault();
    return json_answer(JsonObject{{"scope", *scope},
                                  {"list", Json()},
                                  {"entries", JsonArray()},
                                  {"subscriptions", *decided}});
}

}  // namespace

JsonObject json_of(const server::Preview& preview) {
    JsonArray rules;
    for (const auto& verdict : preview.rules) {
        rules.push_back(JsonObject{{"rule", verdict.rule},
                                   {"matched", verdict.matched},
                                   {"why_not", text_or_null(verdict.why_not)}});
    }
    JsonArray changes;
    for (const auto& change : preview.changes) changes.push_back(change);
    return JsonObject{
        {"resource", preview.resource},       {"watcher", preview.watcher},
        {"package", preview.package},         {"decision", preview.decision},
        {"decided_by", preview.decided_by},   {"rules", std::move(rules)},
        {"type", text_or_null(preview.type)}, {"document", text_or_null(preview.document)},
        {"changes", std::move(changes)}};
}

Result<Answer> list_watchers(const Call& call) {
    auto& policies = call.context.admin.policies();
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto owner = policies.scope_of(*aor);
    if (!owner) return owner.fault();
    const auto limit = limit_of(call);
    if (!limit) return limit.fault();
    const server::WatcherQuery query{std::string(call.parameter("package")),
                                     std::string(call.parameter("state")),
                                     std::string(call.parameter("after")), *limit};
    if (!is_status(query.state)) {
        return Fault{
            FaultKind::malformed,
            "state is \"" + query.state + "\", expected pending, active, waiting or terminated"};
    }
    const auto page = policies.watchers(*owner, query);
    if (!page) return page.fault();
    JsonArray rows;
    for (const auto& info : page->rows) rows.push_back(json_of(info));
    return json_answer(JsonObject{
        {"watchers", std::move(rows)}, {"total", page->total}, {"next", text_or_null(page->next)}});
}

Result<Answer> decide_watcher(const Call& call) {
    Fields fields(call.body);
    const auto decision = pidf::handling_named(fields.text("decision").value_or(""));
    if (!decision) fields.refuse("decision", "expected allow, block, polite-block or confirm");
    const bool is_remembered = fields.flag("remember").value_or(true);
    if (!is_remembered && decision == server::SubHandling::confirm)
        fields.refuse("decision", "expected allow, block or polite-block, where it is not kept");
    const auto entry = read_entry(fields, decision.value_or(server::SubHandling::confirm));
    if (auto status = fields.status(); !status) return status.fault();
    const auto owner = aor_of(call.captured[0]);
    if (!owner) return owner.fault();
    if (!is_remembered) return decide_once(call, *owner, entry);
    return put_entry(call, *owner, "decision." + std::string(pidf::name_of(*decision)), entry);
}

Result<Answer> explain(const Call& call) {
    auto& admin = call.context.admin;
    const auto resource = aor_of(call.parameter("resource"));
    if (!resource) return resource.fault();
    const auto watcher = aor_of(call.parameter("watcher"));
    if (!watcher) return watcher.fault();
    const auto named = call.parameter("package");
    const std::string package(named.empty() ? std::string_view("presence") : named);
    const auto owner = admin.policies().scope_of(*resource);
    if (!owner) return owner.fault();
    const auto preview = admin.policies().preview(*owner, *watcher, package, std::nullopt);
    if (!preview) return preview.fault();
    const auto state = admin.resources().find(package, *owner);
    if (!state) return state.fault();
    server::SubscriptionQuery query{package, *owner, *watcher, {}, {}, kMostShown, kMostNotifies};
    const auto page = admin.subscriptions().page(query);
    if (!page) return page.fault();

    auto object = json_of(*preview);
    JsonArray steps;
    for (const auto& step : preview->steps) steps.push_back(step);
    object.emplace_back("steps", std::move(steps));
    JsonArray publications;
    for (const auto& info : state->publications) publications.push_back(json_of(info));
    JsonArray subscriptions;
    for (const auto& info : page->rows) subscriptions.push_back(json_with_notifies(info));
    object.emplace_back("publications", std::move(publications));
    object.emplace_back("subscriptions", std::move(subscriptions));
    return json_answer(std::move(object));
}

}  // namespace herald::http
