// server/notify/waiting_watchers.cpp: watchers whose subscription ended before the owner decided.
#include "server/notify/waiting_watchers.h"

#include <algorithm>
#include <utility>

namespace herald::server {

namespace {

using packages::Watcher;
using packages::WatcherEvent;
using packages::WatcherStatus;

constexpr auto kLookAgain = std::chrono::milliseconds(10);

Watcher watcher_of(const WaitingWatchers::Entry& entry, WatcherStatus status, WatcherEvent event) {
    Watcher watcher{
        store::counter_of(entry.id), entry.watcher, status, event, {}, entry.expires_at};
    if (entry.began != 0) watcher.since = base::WallTime(std::chrono::seconds(entry.began));
    return watcher;
}

}  // namespace

WaitingWatchers::WaitingWatchers(Context& context, WatcherList& watcher_list)
    : context_(context),
      list_(watcher_list),
      timer_(context.loop.timers().add_owner([this](std::uint64_t id) { give_up(id); })),
      count_(context.metrics.gauge("herald_watchers_waiting",
                                   "Watchers whose subscription ended before the owner decided")),
      shown_bytes_(
          context.metrics.gauge("herald_watchers_waiting_bytes", "Bytes of these watchers, about")),
      given_up_(context.metrics.counter("herald_watchers_given_up_total",
                                        "Waiting watchers dropped: too long, or too many")) {
    list_.also_list([this](const packages::Package& watched, std::string_view aor,
                           std::vector<Watcher>& watchers) { list(watched, aor, watchers); });
}

base::WallTime WaitingWatchers::end_of_wait() const {
    return context_.wall() + std::chrono::seconds(context_.config.winfo_waiting_retention);
}

void WaitingWatchers::add(const Subscription& record, base::WallTime expires_at) {
    const auto& resource = context_.resources[record.resource];
    Entry entry;
    entry.id = record.id;
    entry.package = resource.package;
    entry.aor = resource.aor;
    entry.watcher = record.get(PackedText::Part::watcher);
    entry.began = record.began;
    entry.expires_at = expires_at;
    // He is remembered once.
    if (const auto earlier = find(*entry.package, entry.aor, entry.watcher))
        remove(*earlier, WatcherEvent::giveup);
    make_room(entry);
    const auto told = watcher_of(entry, WatcherStatus::waiting, WatcherEvent::timeout);
    list_.tell(*entry.package, entry.aor, told);
    insert(std::move(entry), {});
}

void WaitingWatchers::recover(const store::Subscription& row, base::WallTime not_before) {
    const auto* package = packages::find(row.package);
    if (!package) return;
    insert({row.id, package, row.aor, row.watcher, 0, row.expires_at, {}}, not_before);
}

void WaitingWatchers::insert(Entry entry, base::WallTime not_before) {
    by_owner_[entry.aor].push_back(entry.id);
    by_watcher_[entry.watcher].push_back(entry.id);
    count_.add();
    bytes_ += entry.bytes();
    shown_bytes_.set(bytes_);
    auto& kept = entries_[entry.id];
    kept = std::move(entry);
    context_.expiry().arm(kept.expiry, kept.expires_at, not_before, timer_, kept.id);
}

/// Strangers fill this: whoever has waited longest gives way (RFC 3857 4.7.1).
void WaitingWatchers::make_room(const Entry& entry) {
    const auto& config = context_.config;
    const auto give_way = [this](const std::vector<std::uint64_t>& ids) {
        given_up_.add();
        remove(*std::min_element(ids.begin(), ids.end()), WatcherEvent::giveup);
    };
    const auto theirs = by_watcher_.find(entry.watcher);
    if (theirs != by_watcher_.end() && theirs->second.size() >= config.winfo_waiting_per_watcher)
        give_way(theirs->second);
    const auto ours = by_owner_.find(entry.aor);
    if (ours != by_owner_.end() && ours->second.size() >= config.winfo_waiting_per_owner)
        give_way(ours->second);
    if (entries_.size() >= config.winfo_waiting_total / context_.shards)
        give_way({entries_.begin()->first});
    while (!entries_.empty() &&
           bytes_ + entry.bytes() > config.winfo_waiting_memory / context_.shards)
        give_way({entries_.begin()->first});
}

std::optional<std::uint64_t> WaitingWatchers::find(const packages::Package& package,
                                                   std::string_view aor,
                                                   std::string_view watcher) const {
    const auto owned = by_owner_.find(aor);
    if (owned == by_owner_.end()) return std::nullopt;
    for (const auto id : owned->second) {
        const auto& entry = entries_.at(id);
        if (entry.package == &package && entry.watcher == watcher) return id;
    }
    return std::nullopt;
}

void WaitingWatchers::erase_from(Ids& index, const std::string& key, std::uint64_t id) {
    const auto found = index.find(key);
    std::erase(found->second, id);
    if (found->second.empty()) index.erase(found);
}

WaitingWatchers::Entry WaitingWatchers::take(std::uint64_t id) {
    auto entry = std::move(entries_.extract(id).mapped());
    context_.loop.timers().cancel(entry.expiry);
    erase_from(by_owner_, entry.aor, id);
    erase_from(by_watcher_, entry.watcher, id);
    count_.subtract();
    bytes_ -= entry.bytes();
    shown_bytes_.set(bytes_);
    return entry;
}

void WaitingWatchers::drop(std::uint64_t id, WatcherEvent event) {
    if (entries_.count(id) == 0) return;
    const auto entry = take(id);
    list_.tell(*entry.package, entry.aor, watcher_of(entry, WatcherStatus::terminated, event));
}

/// Its row is removed after what made it go is durable. A row that stays because the store was away
/// is found again at the next start.
void WaitingWatchers::remove(std::uint64_t id, WatcherEvent event) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    const auto promise = context_.rest.promise(context_.cell_of(found->second.aor));
    drop(id, event);
    context_.loop.timers().arm(context_.loop.now() + kLookAgain, [this, id, promise] {
        context_.port.commit(store::RemoveSubscription{id, {}, {}}, nullptr);
    });
}

void WaitingWatchers::give_up(std::uint64_t id) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    auto& entry = found->second;
    if (context_.is_at_rest(entry.aor)) return context_.expiry().wait(entry.expiry, timer_, id);
    if (context_.expiry().is_early(entry.expires_at))
        return context_.expiry().arm(entry.expiry, entry.expires_at, {}, timer_, id);
    given_up_.add();
    remove(id, WatcherEvent::giveup);
}

std::vector<std::string> WaitingWatchers::owners() const {
    std::vector<std::string> owners;
    for (const auto& [owner, ids] : by_owner_) owners.push_back(owner);
    return owners;
}

std::vector<const WaitingWatchers::Entry*> WaitingWatchers::of(std::string_view aor) const {
    std::vector<const Entry*> entries;
    const auto owned = by_owner_.find(aor);
    if (owned == by_owner_.end()) return entries;
    for (const auto id : owned->second) entries.push_back(&entries_.at(id));
    return entries;
}

void WaitingWatchers::list(const packages::Package& watched, std::string_view aor,
                           std::vector<Watcher>& watchers) const {
    for (const auto* entry : of(aor)) {
        if (entry->package == &watched)
            watchers.push_back(watcher_of(*entry, WatcherStatus::waiting, WatcherEvent::timeout));
    }
}

void WaitingWatchers::forget_some(Cell cell, Forgetting& forgetting) {
    const auto gone = forgetting.find(
        entries_, [&](const auto& entry) { return context_.cell_of(entry.second.aor) == cell; });
    for (const auto id : gone) take(id);
}

}  // namespace herald::server
