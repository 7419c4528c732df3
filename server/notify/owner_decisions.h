// server/notify/owner_decisions.h: what an owner decides about the watchers there are, for as long
// as their subscriptions live; his rules stay as they are.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "server/access/policies.h"
#include "server/core/context.h"
#include "server/notify/live_subscriptions.h"

namespace herald::server {

/// One per shard, on its thread.
class OwnerDecisions {
public:
    using Id = SubscriptionTable::Id;

    /// `judge` is called for a subscription once its decision is known.
    OwnerDecisions(Context& context, LiveSubscriptions& live, base::Task<void(Id)> judge);

    /// Decides about the subscriptions to resources of `owner`; `entry` says whose, of which
    /// package, and how; confirm decides nothing. `done` gets how many they were, once that is
    /// durable. Faults: unavailable.
    void decide_once(std::string_view owner, const ListEntry& entry,
                     base::Task<void(Result<std::size_t>)> done);

private:
    struct Decision;

    std::vector<Id> subscriptions_of(std::string_view owner, const ScopePolicy& meant) const;
    std::size_t decide_waiting(std::string_view owner, const ScopePolicy& meant,
                               SubHandling handling);
    void decide_one(Id id, const std::shared_ptr<Decision>& decision);
    void commit_once(Id id, Subscription& record, const std::shared_ptr<Decision>& decision);

    Context& context_;
    LiveSubscriptions& live_;
    base::Task<void(Id)> judge_;
};

}  // namespace herald::server
