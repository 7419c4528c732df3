// server/notify/judged_rows.h: rows of subscriptions that rules changed follow what is in memory,
// some at a time: other changes wait in the same queue.
#pragma once

#include <vector>

#include "server/core/context.h"
#include "server/notify/live_subscriptions.h"

namespace herald::server {

/// One per shard, on its thread.
class JudgedRows {
public:
    using Id = SubscriptionTable::Id;

    JudgedRows(Context& context, LiveSubscriptions& live) : context_(context), live_(live) {}

    /// Its row follows what was changed now. If that is lost it is judged again after a start.
    void add(Id id, Subscription& record);

private:
    void write_soon();
    void write(Id id);

    Context& context_;
    LiveSubscriptions& live_;
    std::vector<Id> changed_;
};

}  // namespace herald::server
