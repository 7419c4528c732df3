// server/notify/earlier_subscriptions.h: what an earlier run left of subscriptions: those that live
// on, those whose watchers do not know yet that they ended, and the requests that ended others.
#pragma once

#include <cstddef>
#include <vector>

#include "base/text_map.h"
#include "server/core/context.h"
#include "server/core/forgetting.h"
#include "server/core/subscription.h"
#include "server/notify/live_subscriptions.h"
#include "server/notify/notify_sender.h"
#include "store/records.h"

namespace herald::server {

/// One per shard, on its thread.
class EarlierSubscriptions {
public:
    EarlierSubscriptions(Context& context, NotifySender& sender, LiveSubscriptions& live)
        : context_(context), sender_(sender), live_(live) {}

    /// One row of the store, before the first request: dialog, state and timers as they were.
    void recover(const store::Subscription& row, base::WallTime not_before);
    /// Likewise one of many, before anything else happens: nothing finds it until list().
    void gather(const store::Subscription& row, base::WallTime not_before);
    /// After the last of them.
    void list();
    /// After the last one: whoever does not know yet that his subscription ended is told.
    void resume();
    /// Whether `request` repeats the one that ended a subscription just before the last run did.
    bool was_ended_by(const sip::Message& request) const;
    /// Requests of the last run are not repeated any more.
    void forget_tombstones() { tombstones_.clear(); }
    /// Drops what is kept here of the cell.
    void forget_some(Cell cell, Forgetting& forgetting);

private:
    using Id = SubscriptionTable::Id;

    /// `state` as the store has it.
    void take_up(Subscription record, store::Subscription::State state, base::WallTime not_before);
    void tell_some_ends(std::vector<Id> ids);

    Context& context_;
    NotifySender& sender_;
    LiveSubscriptions& live_;
    /// Marks of the requests that ended dialogs just before the last run did, by our tag.
    base::TextMap<std::uint64_t> tombstones_;
    std::vector<Id> ended_;  ///< recovered, to be told
};

}  // namespace herald::server
