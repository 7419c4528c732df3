// http/rules.cpp: authorization documents (RFC 4745, RFC 5025) of owners and domains, what comes of
// them, and who changed them.
#include "base/text.h"
#include "http/lists.h"
#include "http/paging.h"
#include "http/policy_json.h"
#include "http/resource_json.h"
#include "http/target.h"

namespace herald::http {

namespace {

bool is_rules_type(std::string_view content_type) {
    const auto type = base::lower(base::trim(base::split_once(content_type, ';').before));
    return type == pidf::kAuthPolicyType || type == "application/xml" || type == "text/xml";
}

std::pair<std::string, std::string> tag_of(const server::ScopePolicy& policy) {
    return {"ETag", '"' + std::to_string(policy.row().revision) + '"'};
}

Json json_of(const store::AuditEntry& entry) {
    return JsonObject{{"id", std::to_string(entry.id)},
                      {"at", time_of(entry.at)},
                      {"actor", entry.actor},
                      {"resource", entry.resource},
                      {"action", entry.action},
                      {"before", entry.before},
                      {"after", entry.after}};
}

Result<server::AuditQuery> audit_query(const Call& call) {
    server::AuditQuery query;
    if (const auto resource = call.parameter("resource"); !resource.empty()) {
        auto scope = call.context.admin.policies().scope_of(resource);
        if (!scope) return scope.fault();
        query.resource = *std::move(scope);
    }
    query.actor = call.parameter("actor");
    if (const auto since = call.parameter("since"); !since.empty()) {
        const auto time = base::from_rfc3339(since);
        if (!time) return Fault{FaultKind::malformed, "since is no RFC 3339 time"};
        query.since = base::WallTime(std::chrono::milliseconds(*time));
    }
    if (const auto after = call.parameter("after"); !after.empty()) {
        const auto id = base::to_u64(after);
        if (!id) return Fault{FaultKind::malformed, "'after' is no id of a row"};
        query.after = *id;
    }
    const auto limit = limit_of(call);
    if (!limit) return limit.fault();
    query.limit = *limit;
    return query;
}

}  // namespace

Result<Answer> get_rules(const Call& call) {
    auto& policies = call.context.admin.policies();
    const auto scope = policies.scope_of(call.captured[0]);
    if (!scope) return scope.fault();
    const auto policy = policies.find(*scope);
    if (!policy) return policy.fault();
    const auto& row = (*policy)->row();
    if (row.document.empty()) return Fault{FaultKind::not_found, *scope + " has no rules"};
    return Answer{200, std::string(pidf::kAuthPolicyType), row.document, {tag_of(**policy)}};
}

Result<Answer> put_rules(const Call& call) {
    if (!is_rules_type(call.request.content_type)) {
        return Fault{FaultKind::unsupported_media,
                     "Rules are " + std::string(pidf::kAuthPolicyType) + "."};
    }
    // Refused whole, with the place: what was there stays.
    if (const auto readable = pidf::parse_ruleset(call.document); !readable)
        return readable.fault();
    auto edit = edit_of(call, call.captured[0], "rules.put");
    if (!edit) return edit.fault();
    bool is_new = false;
    edit->apply = [&](store::Policy& row) -> Status {
        is_new = row.document.empty();
        row.document = call.document;
        return {};
    };
    const auto policy = call.context.admin.policies().change(*edit);
    if (!policy) return policy.fault();
    return Answer{is_new ? 201 : 200, {}, {}, {tag_of(**policy)}};
}

Result<Answer> delete_rules(const Call& call) {
    auto edit = edit_of(call, call.captured[0], "rules.delete");
    if (!edit) return edit.fault();
    edit->apply = [&](store::Policy& row) -> Status {
        if (row.document.empty()) return Fault{FaultKind::not_found, edit->scope + " has no rules"};
        row.document.clear();
        return {};
    };
    const auto policy = call.context.admin.policies().change(*edit);
    if (!policy) return policy.fault();
    return Answer{204, {}, {}, {}};
}

Result<Answer> try_rules(const Call& call) {
    Fields fields(call.body);
    const auto watcher = fields.text("watcher");
    const auto canonical = aor_of(watcher.value_or(""));
    if (!canonical) fields.refuse("watcher", "expected the address of a watcher");
    const auto package = fields.text("package").value_or("presence");
    const auto rules = fields.text("rules");
    if (auto status = fields.status(); !status) return status.fault();
    auto& policies = call.context.admin.policies();
    const auto scope = policies.scope_of(call.captured[0]);
    if (!scope) return scope.fault();
    const auto preview = policies.preview(*scope, *canonical, package, rules);
    if (!preview) return preview.fault();
    return json_answer(json_of(*preview));
}

Result<Answer> list_audit(const Call& call) {
    const auto query = audit_query(call);
    if (!query) return query.fault();
    auto entries = call.context.admin.policies().audit(*query);
    if (!entries) return entries.fault();
    const bool has_more = entries->size() > query->limit;
    if (has_more) entries->resize(query->limit);
    JsonArray rows;
    for (const auto& entry : *entries) rows.push_back(json_of(entry));
    return json_answer(
        JsonObject{{"entries", std::move(rows)},
                   {"next", has_more ? Json(std::to_string(entries->back().id)) : Json()}});
}

}  // namespace herald::http
