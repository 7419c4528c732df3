// server/notify/policy_counts.h: how much owners and domains say, as metrics.
#pragma once

#include "server/core/context.h"

namespace herald::server {

/// Every shard has a copy of all policies; each is counted by the one that owns its scope. One per
/// shard, on its thread.
class PolicyCounts {
public:
    explicit PolicyCounts(Context& context);

    void add(const ScopePolicy& policy);
    void remove(const ScopePolicy& policy);
    /// Rules that ask for what is not kept here, of a policy that was set just now.
    void note_external_lists(const ScopePolicy& policy);

private:
    bool is_counted_here(const ScopePolicy& policy) const;

    Context& context_;
    base::Counter& scopes_;
    base::Counter& bytes_;
    base::Counter& unreadable_;
    base::Counter& external_lists_;
};

}  // namespace herald::server
