// server/notify/watcher_arrivals.cpp: watchers that can be reached again.
#include "server/notify/watcher_arrivals.h"

namespace herald::server {

/// What is on its way to a watcher is as if it had never left.
void WatcherArrivals::recall(Id id, Subscription& record) {
    if (!parts_.flights.recall(id, record)) return;
    record.sent_fingerprint = 0;
    parts_.confirmations.advance(record, NotifyInput::failed);
}

void WatcherArrivals::take(Id id, const WatcherArrival& arrival) {
    auto& record = *parts_.context.subscriptions.find(id);
    auto& ways = parts_.ways;
    parts_.silent.take_out(id, record);
    answers_.forget(id);
    record.credit = arrival.credit;
    record.has_proven_source =
        arrival.is_proven || (record.has_proven_source && arrival.flow == ways.arrival(id, record));
    const bool has_other_way = ways.on_arrival(id, record, arrival.flow, arrival.approach);
    if (has_other_way || arrival.has_moved) recall(id, record);
    record.failures = 0;
    parts_.retries.cancel(id, record);
}

void WatcherArrivals::take_device(Id id) {
    auto& record = *parts_.context.subscriptions.find(id);
    recall(id, record);
    parts_.silent.take_out(id, record);
    answers_.forget(id);
    parts_.retries.cancel(id, record);
    record.failures = 0;
    answers_.on_way(id, parts_.ways.find_device(id, record));
}

}  // namespace herald::server
