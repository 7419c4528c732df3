// server/notify/gone_watchers.cpp: the end of a subscription in memory.
#include "server/notify/gone_watchers.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/log.h"

namespace herald::server {

namespace {

/// Whether the store has a row of it that is to go with it.
bool has_row(const Subscription& record) {
    return !record.is_fetch &&
           (record.state != SubscriptionState::ending || is_kept(record.reason));
}

}  // namespace

void GoneWatchers::forget(Id id) {
    auto& context = parts_.context;
    auto* record = context.subscriptions.find(id);
    if (!record) return;
    auto& timers = context.loop.timers();
    timers.cancel(record->expiry);
    parts_.retries.cancel(id, *record);
    timers.cancel(record->decision);
    parts_.flights.forget(id, *record);
    parts_.silent.take_out(id, *record);
    parts_.ways.forget(id);
    parts_.owed.forget(id);
    parts_.confirmations.leaving(*record);
    leave_resource(*record);
    const auto slot = record->resource;
    context.subscriptions.move(*record, SubscriptionInput::drop);
    context.subscriptions.erase(id);
    context.resources.drop_if_idle(slot);
}

void GoneWatchers::leave_resource(const Subscription& record) {
    auto& resource = parts_.context.resources[record.resource];
    const auto index = record.watcher_index;
    resource.watchers[index] = resource.watchers.back();
    parts_.context.subscriptions[resource.watchers[index]].watcher_index = index;
    resource.watchers.pop_back();
    // The last watcher was moved into the gap: a fan-out that has passed the gap must not miss it.
    resource.fan_out_at = std::min(resource.fan_out_at, index);
}

void GoneWatchers::forget_all_of(std::uint32_t slot) {
    auto& context = parts_.context;
    auto& resource = context.resources[slot];
    const auto was_held = std::exchange(resource.is_held, true);
    while (!resource.watchers.empty())
        forget(context.subscriptions.id_of(resource.watchers.back()));
    parts_.confirmations.forget(slot);
    parts_.owed.forget_resource(slot);
    parts_.queue.forget(slot);
    resource.is_held = was_held;
}

void GoneWatchers::finish(Id id) {
    const auto& record = *parts_.context.subscriptions.find(id);
    if (has_row(record))
        parts_.context.port.commit(store::RemoveSubscription{record.id, {}, {}}, nullptr);
    forget(id);
}

void GoneWatchers::remove(Id id, std::string_view why) {
    auto& context = parts_.context;
    const auto& record = *context.subscriptions.find(id);
    auto& counter = removed_[std::string(why)];
    if (!counter) {
        counter = &context.metrics.counter("herald_subscriptions_removed_total",
                                           "Subscriptions removed because of what a NOTIFY met",
                                           {{"why", std::string(why)}});
    }
    counter->add();
    being_removed_.tell(record, why);
    base::log_info("subscription.removed", {{"call_id", record.get(PackedText::Part::call_id)},
                                            {"resource", context.resources[record.resource].aor},
                                            {"why", why}});
    finish(id);
}

}  // namespace herald::server
