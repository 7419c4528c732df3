// http/lists.cpp: who may see an owner, or the owners of a domain, as four lists of addresses.
#include "http/lists.h"

#include <algorithm>
#include <utility>

#include "http/entity_tags.h"
#include "packages/package.h"
#include "server/access/list_entries.h"

namespace herald::http {

namespace {

using server::ListEntry;
using server::SubHandling;

Result<SubHandling> list_named(std::string_view name) {
    if (const auto handling = pidf::handling_named(name)) return *handling;
    return Fault{FaultKind::not_found, "\"" + std::string(name) +
                                           "\" is no list, expected allow, block, polite-block "
                                           "or confirm"};
}

Json json_of(const ListEntry& entry) {
    return JsonObject{{"watcher", entry.pattern}, {"package", entry.package}};
}

/// What a route about one list is about.
struct Place {
    std::string scope;
    SubHandling list;
};
Result<Place> place_of(const Call& call) {
    auto list = list_named(call.captured[1]);
    if (!list) return list.fault();
    auto scope = call.context.admin.policies().scope_of(call.captured[0]);
    if (!scope) return scope.fault();
    return Place{*std::move(scope), *list};
}

std::vector<ListEntry> without(std::vector<ListEntry> entries, SubHandling list) {
    std::erase_if(entries, [list](const ListEntry& entry) { return entry.list == list; });
    return entries;
}

std::vector<ListEntry> entries_of(const store::Policy& row) {
    return server::policy_of({row.scope, row.revision, row.lists, {}})->entries();
}

Result<Answer> replace(const Call& call, std::string_view action,
                       const std::vector<ListEntry>& with) {
    const auto place = place_of(call);
    if (!place) return place.fault();
    auto edit = edit_of(call, call.captured[0], action);
    if (!edit) return edit.fault();
    edit->apply = [&](store::Policy& row) -> Status {
        row.lists =
            server::to_text(server::with_entries(without(entries_of(row), place->list), with));
        return {};
    };
    const auto policy = call.context.admin.policies().change(*edit);
    if (!policy) return policy.fault();
    if (with.empty()) return Answer{204, {}, {}, {policy_tag(**policy)}};
    return list_answer(**policy, place->list);
}

}  // namespace

bool is_ruled_package(std::string_view name) {
    if (name == "*") return true;
    const auto* package = packages::find(name);
    return package && package->profile().event == name && package->profile().watchers_of.empty();
}

ListEntry read_entry(Fields& fields, SubHandling list) {
    ListEntry entry;
    entry.list = list;
    const auto watcher = fields.text("watcher");
    const auto pattern = server::list_pattern(watcher.value_or(""));
    if (pattern) {
        entry.pattern = *pattern;
    } else {
        fields.refuse("watcher", pattern.fault().detail);
    }
    if (const auto package = fields.text("package")) entry.package = *package;
    if (!is_ruled_package(entry.package))
        fields.refuse("package", "expected an event package or *");
    return entry;
}

std::pair<std::string, std::string> policy_tag(const server::ScopePolicy& policy) {
    return tag_header(std::to_string(policy.row().revision));
}

Answer list_answer(const server::ScopePolicy& policy, SubHandling list, int status) {
    JsonArray entries;
    for (const auto& entry : policy.entries()) {
        if (entry.list == list) entries.push_back(json_of(entry));
    }
    auto answer = json_answer(JsonObject{{"scope", policy.row().scope},
                                         {"list", std::string(pidf::name_of(list))},
                                         {"entries", std::move(entries)}},
                              status);
    answer.headers.push_back(policy_tag(policy));
    return answer;
}

Result<server::PolicyEdit> edit_of(const Call& call, std::string_view scope,
                                   std::string_view action) {
    auto canonical = call.context.admin.policies().scope_of(scope);
    if (!canonical) return canonical.fault();
    auto tags = entity_tags("If-Match", call.request.if_match);
    if (!tags) return tags.fault();
    return server::PolicyEdit{*std::move(canonical), call.actor, std::string(action), {},
                              *std::move(tags),      {}};
}

Result<Answer> put_entry(const Call& call, std::string_view scope, std::string_view action,
                         const ListEntry& entry) {
    auto edit = edit_of(call, scope, action);
    if (!edit) return edit.fault();
    edit->detail = entry.pattern + " " + entry.package;
    edit->apply = [&entry](store::Policy& row) -> Status {
        row.lists = server::to_text(server::with_entry(entries_of(row), entry));
        return {};
    };
    const auto policy = call.context.admin.policies().change(*edit);
    if (!policy) return policy.fault();
    return list_answer(**policy, entry.list);
}

Result<Answer> get_list(const Call& call) {
    const auto place = place_of(call);
    if (!place) return place.fault();
    const auto policy = call.context.admin.policies().find(place->scope);
    if (!policy) return policy.fault();
    return list_answer(**policy, place->list);
}

Result<Answer> put_list(const Call& call) {
    const auto list = list_named(call.captured[1]);
    if (!list) return list.fault();
    Fields fields(call.body);
    std::vector<ListEntry> entries;
    const bool is_there = fields.objects(
        "entries", [&](Fields& each) { entries.push_back(read_entry(each, *list)); });
    if (!is_there) fields.refuse("entries", "expected an array of entries");
    if (auto status = fields.status(); !status) return status.fault();
    return replace(call, call.captured[1] + ".put", entries);
}

Result<Answer> delete_list(const Call& call) {
    return replace(call, call.captured[1] + ".delete", {});
}

Result<Answer> add_entry(const Call& call) {
    const auto list = list_named(call.captured[1]);
    if (!list) return list.fault();
    Fields fields(call.body);
    const auto entry = read_entry(fields, *list);
    if (auto status = fields.status(); !status) return status.fault();
    return put_entry(call, call.captured[0], call.captured[1] + ".add", entry);
}

Result<Answer> remove_entry(const Call& call) {
    const auto place = place_of(call);
    if (!place) return place.fault();
    const auto pattern = server::list_pattern(call.parameter("watcher"));
    if (!pattern) return pattern.fault();
    const auto asked = call.parameter("package");
    const ListEntry gone{place->list, *pattern,
                         std::string(asked.empty() ? std::string_view("presence") : asked)};
    auto edit = edit_of(call, call.captured[0], call.captured[1] + ".remove");
    if (!edit) return edit.fault();
    edit->detail = gone.pattern + " " + gone.package;
    edit->apply = [&gone](store::Policy& row) -> Status {
        auto entries = entries_of(row);
        if (std::erase(entries, gone) == 0)
            return Fault{FaultKind::not_found, gone.pattern + " is not in this list"};
        row.lists = server::to_text(entries);
        return {};
    };
    const auto policy = call.context.admin.policies().change(*edit);
    if (!policy) return policy.fault();
    return Answer{204, {}, {}, {policy_tag(**policy)}};
}

}  // namespace herald::http
