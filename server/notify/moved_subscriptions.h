// server/notify/moved_subscriptions.h: subscriptions whose URI leads to another resource than when
// they were made: they are ended so that their watchers subscribe again (RFC 6665 4.1.3,
// deactivated).
#pragma once

#include <string_view>
#include <vector>

#include "server/core/context.h"
#include "server/notify/live_subscriptions.h"

namespace herald::server {

/// One per shard, on its thread.
class MovedSubscriptions {
public:
    using Id = SubscriptionTable::Id;

    MovedSubscriptions(Context& context, LiveSubscriptions& live);

    /// Those to resources of `aor`: after a change of aliases.
    void end_those_of(std::string_view aor);
    /// Those of the cells: after recovery.
    void end_all(const Cells& cells);

private:
    bool has_moved(const Subscription& record) const;
    void end_each(std::vector<Id> ids);
    void end(Id id);

    Context& context_;
    LiveSubscriptions& live_;
    base::Counter& ended_;
};

}  // namespace herald::server
