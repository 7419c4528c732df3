// server/notify/watcher_rights.h: accounts as they change, and what becomes of the subscriptions
// that they allowed (RFC 6665 4.1.3).
//
//   the resource is nobody's any more    noresource
//   the watcher could not log in now     rejected
//   all others                           judged again (notify/watcher_rules.h)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/context.h"
#include "server/notify/live_subscriptions.h"
#include "server/notify/watcher_rules.h"

namespace herald::server {

/// One per shard, on its thread.
class WatcherRights {
public:
    using Id = SubscriptionTable::Id;

    WatcherRights(Context& context, LiveSubscriptions& live, WatcherRules& rules);

    /// The account as it is from now on, durably: its role and its delegations count at once.
    void put(AccountPtr account);
    /// ... and an account that is no more: its own subscriptions end too.
    void remove(const std::string& aor);
    /// After recovery: what the last run had no time to end.
    void resume(const Cells& cells);

private:
    std::vector<Id> watchers_of(std::string_view aor) const;
    std::vector<Id> subscriptions_of(std::string_view watcher) const;
    std::optional<EndReason> end_of(const Subscription& record) const;
    void end_some(const std::vector<Id>& ids);
    void end_one(Id id);

    Context& context_;
    LiveSubscriptions& live_;
    WatcherRules& rules_;
    base::Counter& ended_;
};

}  // namespace herald::server
