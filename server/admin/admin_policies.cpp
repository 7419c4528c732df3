// server/admin/admin_policies.cpp: who may see what, as an operator reads and changes it: durable
// first, then known to every shard, each of which judges its live subscriptions.
#include "server/admin/admin_policies.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "packages/winfo.h"
#include "server/access/list_entries.h"
#include "server/admin/admin_carrier.h"
#include "server/admin/admin_page.h"
#include "server/admin/policy_preview.h"
#include "server/notify/watcher_rules.h"

namespace herald::server {

namespace {

std::string shortened(std::string text) {
    if (text.size() <= Audit::kMostText) return text;
    text.resize(Audit::kMostText);
    return text + "...";
}

/// What a row says, for the audit.
std::string summary_of(const store::Policy& row) {
    std::string text = row.lists;
    if (!row.document.empty()) {
        text += text.empty() ? "" : "\n";
        text += row.document;
    }
    return shortened(std::move(text));
}

/// How many entries it has, or rules.
std::size_t size_of(const ScopePolicy& policy) {
    const auto rules = policy.rules() ? policy.rules()->rules().size() : 0;
    return std::max(policy.entries().size(), rules);
}

Status check_tags(const PolicyEdit& edit, const store::Policy& row) {
    if (edit.tags.empty()) return {};
    for (const auto& tag : edit.tags) {
        if (tag == "*" ? row.revision != 0 : tag == std::to_string(row.revision)) return {};
    }
    return Fault{FaultKind::precondition_failed,
                 "What is there has the entity-tag \"" + std::to_string(row.revision) + "\""};
}

void remember(Shard& shard, const std::vector<store::AuditEntry>& entries) {
    for (const auto& entry : entries) shard.audit().add(entry, shard.context().config.authz_audit);
}

class ShardPolicies final : public PolicyAdmin {
public:
    explicit ShardPolicies(const AdminCarrier& carrier) : carrier_(carrier) {}

    Result<std::string> scope_of(std::string_view text) override;
    Result<PolicyPtr> find(const std::string& scope) override;
    Result<PolicyPtr> change(const PolicyEdit& edit) override;
    Result<std::size_t> decide_once(const std::string& aor, const ListEntry& entry,
                                    const std::string& actor) override;
    Status import(const std::vector<ListRow>& rows, const std::string& actor) override;
    Result<std::vector<PolicyPtr>> page(const std::string& after, std::size_t limit) override;
    Result<WatcherPage> watchers(const std::string& aor, const WatcherQuery& query) override;
    Result<Preview> preview(const std::string& aor, const std::string& watcher,
                            const std::string& package,
                            const std::optional<std::string>& rules) override;
    Result<std::vector<store::AuditEntry>> audit(const AuditQuery& query) override;

private:
    /// One row to be made of another one, and why.
    struct Step {
        store::Policy before, after;
        std::string actor, action, detail;
        std::size_t size = 0;  ///< of what it is to be
    };
    /// New numbers, the audit, the store, all shards.
    Result<std::vector<PolicyPtr>> commit(std::vector<Step> steps);
    Result<store::ChangePolicies> change_of(const std::vector<Step>& steps);
    Status record(store::AuditEntry entry);

    const AdminCarrier& carrier_;
    /// Policies are read and changed one after the other. Held by HTTP threads only.
    std::mutex mutex_;
};

Result<std::string> ShardPolicies::scope_of(std::string_view text) {
    const bool is_domain = text.find_first_of("@:") == std::string_view::npos;
    if (!is_domain) return carrier_.our_resource(text);
    const auto domain = pidf::comparable_domain(text);
    if (!domain.empty() && carrier_.domains().serves_host(domain)) return domain;
    return Fault{FaultKind::not_found, std::string(text) + " is no domain of this server"};
}

Result<PolicyPtr> ShardPolicies::find(const std::string& scope) {
    return carrier_.ask<PolicyPtr>(carrier_.first(), [scope](Shard& shard, auto answer) {
        auto policy = shard.context().policies.find(scope);
        answer(policy ? std::move(policy) : policy_of({scope, 0, {}, {}}));
    });
}

Result<store::ChangePolicies> ShardPolicies::change_of(const std::vector<Step>& steps) {
    return carrier_.ask<store::ChangePolicies>(
        carrier_.first(), [steps](Shard& shard, auto answer) {
            auto& context = shard.context();
            store::ChangePolicies change;
            std::size_t added = 0;
            std::uint64_t before = 0, after = 0;
            for (const auto& step : steps) {
                before += bytes_of(step.before);
                after += bytes_of(step.after);
                if (step.size > context.config.authz_per_scope) {
                    return answer(Fault{FaultKind::limit_reached,
                                        "authz.per_scope allows no more entries or rules"});
                }
                added += step.before.revision == 0 ? 1 : 0;
                change.policies.push_back(step.after);
                change.policies.back().revision = context.next_number();
                change.audit.push_back(
                    {context.next_number(), context.wall(), step.actor, step.after.scope,
                     step.detail.empty() ? step.action : step.action + " " + step.detail,
                     summary_of(step.before), summary_of(step.after)});
            }
            if (added > 0 && context.policies.size() + added > context.config.authz_scopes)
                return answer(Fault{FaultKind::limit_reached, "authz.scopes allows no more"});
            if (after > before &&
                context.policies.bytes() - before + after > context.config.authz_memory)
                return answer(Fault{FaultKind::limit_reached, "authz.memory allows no more"});
            change.forget_before =
                shard.audit().forgotten_before(change.audit.size(), context.config.authz_audit);
            answer(std::move(change));
        });
}

Result<std::vector<PolicyPtr>> ShardPolicies::commit(std::vector<Step> steps) {
    // Here, where documents are read by a thread that nobody waits for but who sent them.
    for (auto& step : steps) step.size = size_of(*policy_of(step.after));
    auto change = change_of(steps);
    if (!change) return change.fault();
    std::vector<PolicyPtr> made;
    for (const auto& row : change->policies) made.push_back(policy_of(row));
    const auto entries = change->audit;
    auto done =
        carrier_.share(*std::move(change), [made, entries, first = &carrier_.first()](Shard& each) {
            if (&each == first) remember(each, entries);
            for (const auto& policy : made) each.watcher_rules().put(policy);
        });
    if (!done) return done.fault();
    return made;
}

/// What was decided about subscriptions alone.
Status ShardPolicies::record(store::AuditEntry entry) {
    auto change = carrier_.ask<store::ChangePolicies>(
        carrier_.first(), [entry = std::move(entry)](Shard& shard, auto answer) {
            auto& context = shard.context();
            store::ChangePolicies made;
            made.audit.push_back(entry);
            made.audit.back().id = context.next_number();
            made.audit.back().at = context.wall();
            made.forget_before = shard.audit().forgotten_before(1, context.config.authz_audit);
            answer(std::move(made));
        });
    if (!change) return change.fault();
    const auto entries = change->audit;
    return carrier_.share(*std::move(change), [entries, first = &carrier_.first()](Shard& each) {
        if (&each == first) remember(each, entries);
    });
}

Result<std::size_t> ShardPolicies::decide_once(const std::string& aor, const ListEntry& entry,
                                               const std::string& actor) {
    const std::lock_guard lock(mutex_);
    auto decided =
        carrier_.ask<std::size_t>(carrier_.owner_of(aor), [aor, entry](Shard& shard, auto answer) {
            shard.watcher_rules().decisions().decide_once(aor, entry, answer);
        });
    if (!decided) return decided;
    const auto text = "decision." + std::string(pidf::name_of(entry.list)) + " once " +
                      entry.pattern + " " + entry.package;
    const auto count = std::to_string(*decided) + " subscriptions";
    if (auto done = record({0, {}, actor, aor, text, {}, count}); !done) return done.fault();
    return decided;
}

Result<PolicyPtr> ShardPolicies::change(const PolicyEdit& edit) {
    const std::lock_guard lock(mutex_);
    auto before = find(edit.scope);
    if (!before) return before.fault();
    if (auto fits = check_tags(edit, (*before)->row()); !fits) return fits.fault();
    Step step{(*before)->row(), (*before)->row(), edit.actor, edit.action, edit.detail};
    if (auto applied = edit.apply(step.after); !applied) return applied.fault();
    const bool is_same =
        step.after.lists == step.before.lists && step.after.document == step.before.document;
    if (is_same) return *before;
    auto made = commit({std::move(step)});
    if (!made) return made.fault();
    return made->front();
}

Status ShardPolicies::import(const std::vector<ListRow>& rows, const std::string& actor) {
    const std::lock_guard lock(mutex_);
    std::map<std::string, std::vector<ListEntry>> by_scope;
    for (const auto& row : rows) by_scope[row.scope].push_back(row.entry);
    std::vector<Step> steps;
    for (auto& [scope, entries] : by_scope) {
        auto before = find(scope);
        if (!before) return before.fault();
        Step step{(*before)->row(), (*before)->row(), actor, "lists.import", {}};
        step.after.lists = to_text(with_entries({}, std::move(entries)));
        if (step.after.lists != step.before.lists) steps.push_back(std::move(step));
    }
    if (steps.empty()) return {};
    auto made = commit(std::move(steps));
    return made ? Status() : Status(made.fault());
}

Result<std::vector<PolicyPtr>> ShardPolicies::page(const std::string& after, std::size_t limit) {
    return carrier_.ask<std::vector<PolicyPtr>>(
        carrier_.first(), [after, limit](Shard& shard, auto answer) {
            answer(shard.context().policies.page(after, limit));
        });
}

Result<WatcherPage> ShardPolicies::watchers(const std::string& aor, const WatcherQuery& query) {
    const auto after = row_id(query.after);
    if (!after) return after.fault();
    if (!query.package.empty()) {
        if (auto known = AdminCarrier::package(query.package); !known) return known.fault();
    }
    const auto limit = page_size(query.limit);
    return carrier_.ask<WatcherPage>(
        carrier_.owner_of(aor), [aor, query, after = *after, limit](Shard& shard, auto answer) {
            watchers_of(shard, aor, query, {after, limit},
                        [answer](WatcherPage page) { answer(std::move(page)); });
        });
}

Result<Preview> ShardPolicies::preview(const std::string& aor, const std::string& watcher,
                                       const std::string& package,
                                       const std::optional<std::string>& rules) {
    const auto known = AdminCarrier::package(package);
    if (!known) return known.fault();
    PolicyPtr candidate;
    if (rules) {
        auto own = find(aor);
        if (!own) return own.fault();
        auto row = (*own)->row();
        row.document = *rules;
        candidate = policy_of(std::move(row));
        if (candidate->is_unreadable())
            return Fault{FaultKind::malformed, "rules: " + candidate->complaint()};
    }
    return carrier_.ask<Preview>(carrier_.owner_of(aor), [aor, watcher, package = *known,
                                                          candidate](Shard& shard, auto answer) {
        preview_of(shard.context(), {aor, watcher, package, candidate},
                   [answer](Preview preview) { answer(std::move(preview)); });
    });
}

Result<std::vector<store::AuditEntry>> ShardPolicies::audit(const AuditQuery& query) {
    return carrier_.ask<std::vector<store::AuditEntry>>(
        carrier_.first(),
        [query](Shard& shard, auto answer) { answer(shard.audit().find(query)); });
}

}  // namespace

std::unique_ptr<PolicyAdmin> policy_admin(const AdminCarrier& carrier) {
    return std::make_unique<ShardPolicies>(carrier);
}

}  // namespace herald::server
