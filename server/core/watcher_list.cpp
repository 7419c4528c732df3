// server/core/watcher_list.cpp: who watches a resource, as other packages tell it.
#include "server/core/watcher_list.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace herald::server {

namespace {

using packages::Watcher;
using packages::WatcherEvent;
using packages::WatcherStatus;

/// Whether a watcher in this state is listed.
bool is_listed(SubscriptionState state) noexcept {
    return state != SubscriptionState::committing && state != SubscriptionState::gone;
}

WatcherStatus status_of(SubscriptionState state) noexcept {
    if (state == SubscriptionState::pending) return WatcherStatus::pending;
    return state == SubscriptionState::active ? WatcherStatus::active : WatcherStatus::terminated;
}

WatcherEvent event_of(EndReason reason) noexcept {
    switch (reason) {
        case EndReason::timeout:
            return WatcherEvent::timeout;
        case EndReason::rejected:
            return WatcherEvent::rejected;
        case EndReason::noresource:
            return WatcherEvent::noresource;
        case EndReason::deactivated:
            return WatcherEvent::deactivated;
        case EndReason::probation:
            return WatcherEvent::probation;
        case EndReason::giveup:
            return WatcherEvent::giveup;
    }
    return WatcherEvent::timeout;
}

Watcher watcher_of(const Subscription& record) {
    Watcher watcher;
    watcher.id = record.id;
    watcher.uri = record.get(PackedText::Part::watcher);
    watcher.status = status_of(record.state);
    watcher.event = watcher.status == WatcherStatus::terminated ? event_of(record.reason)
                    : record.was_approved                       ? WatcherEvent::approved
                                                                : WatcherEvent::subscribe;
    watcher.since = record.expires_at - std::chrono::seconds(record.granted);
    return watcher;
}

}  // namespace

WatcherList::WatcherList(ResourceTable& resources, SubscriptionTable& subscriptions,
                         base::Task<void(std::uint32_t)> changed)
    : resources_(resources), subscriptions_(subscriptions), changed_(std::move(changed)) {
    for (const auto* package : packages::all()) {
        const auto* watched = package->profile().watchers_of.empty()
                                  ? nullptr
                                  : packages::find(package->profile().watchers_of);
        if (!watched) continue;
        resources_.installed(*watched).listed_by.push_back(package);
        resources_.installed(*package).watchers = [this, watched](std::string_view aor) {
            return of(*watched, aor);
        };
    }
    subscriptions_.on_move(
        [this](const Subscription& record, SubscriptionState before) { on_move(record, before); });
}

std::vector<Watcher> WatcherList::of(const packages::Package& watched, std::string_view aor) const {
    std::vector<Watcher> watchers;
    const auto slot = resources_.find(watched, aor);
    if (slot == Resource::kNone) return watchers;
    for (const auto each : resources_[slot].watchers) {
        const auto& record = subscriptions_[each];
        if (!record.is_fetch && is_listed(record.state)) watchers.push_back(watcher_of(record));
    }
    std::sort(watchers.begin(), watchers.end(),
              [](const Watcher& a, const Watcher& b) { return a.id < b.id; });
    return watchers;
}

void WatcherList::on_move(const Subscription& record, SubscriptionState before) {
    if (!is_telling_ || record.is_fetch) return;
    if (!is_listed(before) && !is_listed(record.state)) return;
    const auto& resource = resources_[record.resource];
    for (const auto* package : resource.installed->listed_by) {
        const auto slot = resources_.find(*package, resource.aor);
        if (slot != Resource::kNone) changed_(slot);
    }
}

}  // namespace herald::server
