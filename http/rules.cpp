// http/rules.cpp: authorization documents (RFC 4745, RFC 5025) of owners and domains, what comes of
// them, and who changed them.
#include "base/text.h"
#include "http/lists.h"
#include "http/negotiation.h"
#include "http/paging.h"
#include "http/policy_json.h"
#include "http/resource_json.h"
#include "http/rules_json.h"
#include "http/target.h"
#include "pidf/ruleset_text.h"

namespace herald::http {

namespace {

constexpr std::string_view kJson = "application/json";

bool is_rules_type(std::string_view type) {
    return type == pidf::kAuthPolicyType || type == "application/xml" || type == "text/xml";
}

Result<std::string> document_of_json(const Json& json) {
    Fields fields(json);
    const auto ruleset = read_ruleset(fields);
    if (auto status = fields.status(); !status) return status.fault();
    return pidf::to_text(ruleset);
}

/// The document that a body stands for; one of JSON is written. Faults: unsupported_media,
/// malformed with the place.
Result<std::string> document_of(const Call& call) {
    const auto type = media_type(call.request.content_type);
    if (!is_rules_type(type) && type != kJson) {
        return Fault{FaultKind::unsupported_media,
                     "Rules are " + std::string(pidf::kAuthPolicyType) + ", or application/json."};
    }
    auto document =
        type == kJson ? document_of_json(call.body) : Result<std::string>(call.document);
    if (!document) return document;
    if (const auto readable = pidf::parse_ruleset(*document); !readable) return readable.fault();
    return document;
}

/// The rules to try: a document, or an object as PUT takes it; nullopt: those there are.
std::optional<std::string> candidate_in(const Call& call, Fields& fields) {
    const auto* rules = call.body.find("rules");
    if (rules == nullptr || rules->as<JsonObject>() == nullptr) return fields.text("rules");
    pidf::Ruleset ruleset;
    fields.object("rules", [&](Fields& each) { ruleset = read_ruleset(each); });
    return pidf::to_text(ruleset);
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
    const std::pair<std::string, std::string> varies("Vary", "Accept");
    if (!prefers(call.request.accept, kJson, pidf::kAuthPolicyType))
        return Answer{
            200, std::string(pidf::kAuthPolicyType), row.document, {policy_tag(**policy), varies}};
    const auto ruleset = pidf::parse_ruleset(row.document);
    if (!ruleset) return Fault{FaultKind::not_acceptable, ruleset.fault().detail};
    auto answer = json_answer(json_of(*ruleset));
    answer.headers = {policy_tag(**policy), varies};
    return answer;
}

Result<Answer> put_rules(const Call& call) {
    // Refused whole, with the place: what was there stays.
    const auto document = document_of(call);
    if (!document) return document.fault();
    auto edit = edit_of(call, call.captured[0], "rules.put");
    if (!edit) return edit.fault();
    bool is_new = false;
    edit->apply = [&](store::Policy& row) -> Status {
        is_new = row.document.empty();
        row.document = *document;
        return {};
    };
    const auto policy = call.context.admin.policies().change(*edit);
    if (!policy) return policy.fault();
    return Answer{is_new ? 201 : 200, {}, {}, {policy_tag(**policy)}};
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
    return Answer{204, {}, {}, {policy_tag(**policy)}};
}

Result<Answer> try_rules(const Call& call) {
    Fields fields(call.body);
    const auto watcher = fields.text("watcher");
    const auto canonical = aor_of(watcher.value_or(""));
    if (!canonical) fields.refuse("watcher", "expected the address of a watcher");
    const auto package = fields.text("package").value_or("presence");
    const auto rules = candidate_in(call, fields);
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
