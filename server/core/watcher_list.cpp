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

WatcherStatus watcher_status(SubscriptionState state) noexcept {
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

/// Whether it ended before the owner decided: it waits, as somebody else will say.
bool is_undecided(const Subscription& record) noexcept {
    return record.state == SubscriptionState::ending && record.is_bodiless &&
           record.reason == EndReason::timeout && !record.get(PackedText::Part::watcher).empty();
}

Watcher watcher_of(const Subscription& record) {
    Watcher watcher;
    watcher.id = store::counter_of(record.id);
    watcher.uri = record.get(PackedText::Part::watcher);
    watcher.status = watcher_status(record.state);
    watcher.event = watcher.status == WatcherStatus::terminated ? event_of(record.reason)
                    : record.was_approved                       ? WatcherEvent::approved
                                                                : WatcherEvent::subscribe;
    if (record.began != 0) watcher.since = base::WallTime(std::chrono::seconds(record.began));
    watcher.expires_at = record.expires_at;
    return watcher;
}

}  // namespace

WatcherList::WatcherList(ResourceTable& resources, SubscriptionTable& subscriptions,
                         const CellRest& rest, base::Task<void(std::uint32_t)> changed)
    : resources_(resources),
      subscriptions_(subscriptions),
      rest_(rest),
      changed_(std::move(changed)) {
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
    if (more_) more_(watched, aor, watchers);
    const auto slot = resources_.find(watched, aor);
    if (slot != Resource::kNone) {
        for (const auto each : resources_[slot].watchers) {
            const auto& record = subscriptions_[each];
            if (!record.is_fetch && is_listed(record.state) && !is_undecided(record))
                watchers.push_back(watcher_of(record));
        }
    }
    std::sort(watchers.begin(), watchers.end(),
              [](const Watcher& a, const Watcher& b) { return a.id < b.id; });
    return watchers;
}

void WatcherList::on_move(const Subscription& record, SubscriptionState before) {
    if (!is_telling_ || record.is_fetch) return;
    if (!is_listed(before) && !is_listed(record.state)) return;
    if (is_undecided(record)) return;
    const auto& resource = resources_[record.resource];
    if (rest_.is_at_rest(resource.cell)) return;
    // Watchers that are told changes have been told the end, and once is enough.
    tell_listers(*resource.installed, resource.aor, watcher_of(record),
                 before == SubscriptionState::ending);
}

void WatcherList::tell(const packages::Package& watched, std::string_view aor,
                       const Watcher& watcher) {
    if (!is_telling_) return;
    tell_listers(resources_.installed(watched), aor, watcher, false);
    told_.tell(watched, aor, watcher);
}

void WatcherList::tell_listers(const InstalledPackage& watched, std::string_view aor,
                               const Watcher& watcher, bool is_told) {
    for (const auto* package : watched.listed_by) {
        const auto slot = resources_.find(*package, aor);
        if (slot == Resource::kNone || (is_told && package->profile().is_partial)) continue;
        resources_[slot].note_watcher(watcher);
        changed_(slot);
    }
}

}  // namespace herald::server
