// server/notify/watcher_arrivals.h: watchers that can be reached again: by a request of theirs that
// was granted, or where a device of theirs registered.
#pragma once

#include <cstdint>

#include "server/core/context.h"
#include "server/notify/gone_watchers.h"
#include "server/notify/notify_answers.h"

namespace herald::server {

/// A request of a watcher that was granted.
struct WatcherArrival {
    sip::Flow flow;
    sip::Approach approach = sip::Approach::flow;
    bool has_moved = false;    ///< with another Contact
    bool is_proven = true;     ///< Identity::is_address_proven
    std::uint16_t credit = 0;  ///< Subscription::credit that comes with it
};

/// Whatever failed before counts no more. One per shard, on its thread.
class WatcherArrivals {
public:
    using Id = SubscriptionTable::Id;

    WatcherArrivals(const NotifyParts& parts, NotifyAnswers& answers)
        : parts_(parts), answers_(answers) {}

    /// A NOTIFY on its way by another flow, or to another Contact, is taken back.
    void take(Id id, const WatcherArrival& arrival);
    /// One who is silent is sent what he is owed where his device registered.
    void take_device(Id id);

private:
    void recall(Id id, Subscription& record);

    NotifyParts parts_;
    NotifyAnswers& answers_;
};

}  // namespace herald::server
