// server/notify/policy_counts.cpp: how much owners and domains say, as metrics.
#include "server/notify/policy_counts.h"

#include <string>

namespace herald::server {

PolicyCounts::PolicyCounts(Context& context)
    : context_(context),
      scopes_(context.metrics.gauge("herald_policies", "Owners and domains with lists or rules")),
      bytes_(context.metrics.gauge("herald_policy_bytes", "Their lists and rules, as written")),
      unreadable_(context.metrics.gauge("herald_policies_unreadable",
                                        "Of them, those whose rules cannot be read: nothing in "
                                        "them allows anything, and watchers wait")),
      external_lists_(context.metrics.counter(
          "herald_rules_external_lists_total",
          "Rules set that ask for a list that is not kept here: they match nobody")) {}

bool PolicyCounts::is_counted_here(const ScopePolicy& policy) const {
    const auto& scope = policy.row().scope;
    const bool is_domain = scope.find(':') == std::string::npos;
    return context_.is_owner_of(is_domain ? "sip:" + scope : scope);
}

void PolicyCounts::add(const ScopePolicy& policy) {
    if (!is_counted_here(policy)) return;
    scopes_.add();
    bytes_.add(bytes_of(policy.row()));
    if (policy.is_unreadable()) unreadable_.add();
}

void PolicyCounts::remove(const ScopePolicy& policy) {
    if (!is_counted_here(policy)) return;
    scopes_.subtract();
    bytes_.subtract(bytes_of(policy.row()));
    if (policy.is_unreadable()) unreadable_.subtract();
}

void PolicyCounts::note_external_lists(const ScopePolicy& policy) {
    if (!policy.rules() || !is_counted_here(policy)) return;
    for (const auto& rule : policy.rules()->rules())
        external_lists_.add(rule.conditions.has_external_list ? 1 : 0);
}

}  // namespace herald::server
