// server/notify/gone_watchers.h: the end of a subscription in memory: forgotten by every part of
// the funnel out, and by the store where its row is still there.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/text_map.h"
#include "server/core/context.h"
#include "server/notify/confirmations.h"
#include "server/notify/fan_out_queue.h"
#include "server/notify/notify_flights.h"
#include "server/notify/notify_history.h"
#include "server/notify/notify_retries.h"
#include "server/notify/owed_documents.h"
#include "server/notify/silent_watchers.h"
#include "server/notify/watcher_ways.h"

namespace herald::server {

/// The parts that hold something of a subscription. All of one shard.
struct NotifyParts {
    Context& context;
    Confirmations& confirmations;
    FanOutQueue& queue;
    OwedDocuments& owed;
    SilentWatchers& silent;
    WatcherWays& ways;
    NotifyFlights& flights;
    NotifyRetries& retries;
    NotifyHistory& history;
};

/// One per shard, on its thread.
class GoneWatchers {
public:
    using Id = SubscriptionTable::Id;

    explicit GoneWatchers(const NotifyParts& parts) : parts_(parts) {}

    /// Drops it from memory at once, without a NOTIFY. The caller sees to its row.
    void forget(Id id);
    /// Likewise all watchers of a resource, with whatever was still to be done for them.
    void forget_all_of(std::uint32_t resource);
    /// Everything has been told: it is dropped, and its row with it.
    void finish(Id id);
    /// Likewise, because of the answer to a NOTIFY: logged, and counted by `why`.
    void remove(Id id, std::string_view why);
    /// Adds a listener: called before a subscription is removed, with why.
    using OnRemoved = base::Task<void(const Subscription& record, std::string_view why)>;
    void on_removed(OnRemoved listener) { being_removed_.add(std::move(listener)); }

private:
    void leave_resource(const Subscription& record);

    NotifyParts parts_;
    base::Listeners<const Subscription&, std::string_view> being_removed_;
    base::TextMap<base::Counter*> removed_;
};

}  // namespace herald::server
