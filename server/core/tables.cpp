// server/core/tables.cpp: a shard's resources and subscriptions with their indexes.
#include "server/core/tables.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace herald::server {

namespace {

using State = SubscriptionState;
using NextState = std::optional<State>;
using Part = PackedText::Part;

constexpr NextState kNo = std::nullopt;
/// Records whose places in the indexes are fetched from memory together.
constexpr std::uint32_t kListedTogether = 32;

// Rows: committing, pending, active, ending, gone. Columns: commit_pending, commit_active, grant,
// suspend, end, drop.
constexpr NextState kNextSubscription[kSubscriptionStates][kSubscriptionInputs] = {
    {State::pending, State::active, kNo, kNo, State::ending, State::gone},
    {kNo, kNo, State::active, kNo, State::ending, State::gone},
    {kNo, kNo, kNo, State::pending, State::ending, State::gone},
    {kNo, kNo, kNo, kNo, kNo, State::gone},
    {kNo, kNo, kNo, kNo, kNo, kNo},
};

constexpr std::pair<EndReason, store::Subscription::State> kStoredEnds[] = {
    {EndReason::deactivated, store::Subscription::State::deactivated},
    {EndReason::rejected, store::Subscription::State::rejected},
    {EndReason::noresource, store::Subscription::State::noresource},
    {EndReason::giveup, store::Subscription::State::giveup},
};

}  // namespace

ResourceTable::ResourceTable(base::Metrics& metrics, const base::HashKey& bucket_key)
    : metrics_(metrics), bucket_key_(bucket_key) {}

InstalledPackage& ResourceTable::installed(const packages::Package& package) {
    for (const auto& each : packages_) {
        if (each->package == &package) return *each;
    }
    packages_.push_back(std::make_unique<InstalledPackage>());
    packages_.back()->package = &package;
    packages_.back()->counters = std::make_unique<PackageCounters>(metrics_, package);
    return *packages_.back();
}

std::uint64_t ResourceTable::hash(const packages::Package& package, std::string_view aor) const {
    return base::keyed_hash(key_, aor) + reinterpret_cast<std::uintptr_t>(&package);
}

std::uint32_t ResourceTable::find(const packages::Package& package, std::string_view aor) const {
    return index_.find(hash(package, aor), [&](std::uint32_t slot) {
        return slab_[slot].package == &package && slab_[slot].aor == aor;
    });
}

std::uint32_t ResourceTable::obtain(const packages::Package& package, std::string_view aor) {
    const auto found = find(package, aor);
    if (found != base::Index::kNone) return found;
    const auto id = slab_.take();
    auto& resource = slab_[id.slot];
    resource.aor = aor;
    resource.package = &package;
    resource.installed = &installed(package);
    index_.insert(hash(package, aor), id.slot);
    join_cell(id.slot);
    counters(id.slot).resources.add();
    return id.slot;
}

void ResourceTable::join_cell(std::uint32_t slot) {
    auto& resource = slab_[slot];
    resource.cell = cell_of(bucket_of(bucket_key_, resource.aor));
    auto& slots = by_cell_[static_cast<std::size_t>(resource.cell)];
    resource.cell_index = static_cast<std::uint32_t>(slots.size());
    slots.push_back(slot);
}

void ResourceTable::leave_cell(std::uint32_t slot) {
    const auto& resource = slab_[slot];
    auto& slots = by_cell_[static_cast<std::size_t>(resource.cell)];
    const auto last = slots.back();
    slots[resource.cell_index] = last;
    slab_[last].cell_index = resource.cell_index;
    slots.pop_back();
}

void ResourceTable::drop_if_idle(std::uint32_t slot) {
    if (slab_.holds(slot) && slab_[slot].is_idle()) erase(slot);
}

void ResourceTable::erase(std::uint32_t slot) {
    index_.erase(hash(*slab_[slot].package, slab_[slot].aor), slot);
    leave_cell(slot);
    counters(slot).resources.subtract();
    counters(slot).publications.subtract(slab_[slot].publications.size());
    slab_.release(slot);
}

std::optional<SubscriptionState> next_state(SubscriptionState state,
                                            SubscriptionInput input) noexcept {
    return kNextSubscription[static_cast<std::size_t>(state)][static_cast<std::size_t>(input)];
}

SubscriptionTable::SubscriptionTable(base::Metrics& metrics, const ResourceTable& resources,
                                     Loads* loads, std::size_t shard)
    : resources_(resources), loads_(metrics, loads, shard) {}

/// `watcher`: the hash of his name.
std::uint64_t SubscriptionTable::device_hash(const DeviceKey& key, std::uint64_t watcher) const {
    return hash(key.device()) ^ (watcher + (std::uint64_t{key.resource} << 32)) ^
           key.event_id.size();
}

std::uint64_t SubscriptionTable::device_hash(const DeviceKey& key) const {
    return device_hash(key, loads_.hash(key.watcher));
}

SubscriptionTable::Entry SubscriptionTable::entry_of(std::uint32_t slot) const {
    const auto& record = slab_[slot];
    const auto share = loads_.share_of(record);
    return {slot, hash(record.get(Part::local_tag)), device_hash(device_key(record), share.watcher),
            share};
}

void SubscriptionTable::prefetch(const Entry& entry) const noexcept {
    by_tag_.prefetch(entry.tag);
    by_device_.prefetch(entry.device);
    loads_.prefetch(entry.share);
}

void SubscriptionTable::list(const Entry& entry) {
    by_tag_.insert(entry.tag, entry.slot);
    by_device_.insert(entry.device, entry.slot);
    loads_.add(entry.share);
}

SubscriptionTable::Id SubscriptionTable::add(Subscription&& record) {
    if (record.source == 0) record.source = loads_.source_of(record.flow.peer);
    if (!is_unlisted_) loads_.make_room(slab_);
    const auto id = slab_.take(std::move(record));
    if (!is_unlisted_) list(entry_of(id.slot));
    gauge_of(slab_[id.slot]).add();
    return id;
}

void SubscriptionTable::list() {
    if (!std::exchange(is_unlisted_, false)) return;
    by_tag_.reserve(slab_.size());
    by_device_.reserve(slab_.size());
    loads_.reserve(slab_.size());
    for (std::uint32_t first = 0; first < slab_.slots(); first += kListedTogether) list_from(first);
}

/// What the records in these slots need is fetched from memory for all of them at once.
void SubscriptionTable::list_from(std::uint32_t first) {
    std::array<Entry, kListedTogether> entries;
    std::size_t count = 0;
    slab_.for_some(first, first + kListedTogether, [&](std::uint32_t slot, const Subscription&) {
        entries[count] = entry_of(slot);
        prefetch(entries[count++]);
    });
    for (std::size_t i = 0; i < count; ++i) list(entries[i]);
}

void SubscriptionTable::retext(Id id, PackedText text) {
    assert(!is_unlisted_);
    auto& record = slab_[id.slot];
    by_device_.erase(device_hash(device_key(record)), id.slot);
    loads_.subtract(record);
    record.text = std::move(text);
    const auto entry = entry_of(id.slot);
    loads_.add(entry.share);
    by_device_.insert(entry.device, id.slot);
}

void SubscriptionTable::erase(Id id) {
    assert(!is_unlisted_);
    auto& record = slab_[id.slot];
    by_tag_.erase(hash(record.get(Part::local_tag)), id.slot);
    by_device_.erase(device_hash(device_key(record)), id.slot);
    loads_.subtract(record);
    gauge_of(record).subtract();
    slab_.release(id);
}

SubscriptionTable::Id SubscriptionTable::by_dialog(std::string_view call_id,
                                                   std::string_view local_tag,
                                                   std::string_view remote_tag) const {
    const auto slot = by_tag_.find(hash(local_tag), [&](std::uint32_t candidate) {
        const auto& record = slab_[candidate];
        return record.get(Part::local_tag) == local_tag && record.get(Part::call_id) == call_id &&
               record.get(Part::remote_tag) == remote_tag;
    });
    return slot == base::Index::kNone ? Id{} : slab_.id_of(slot);
}

SubscriptionTable::Id SubscriptionTable::by_device(const DeviceKey& key) const {
    const auto slot = by_device_.find(device_hash(key), [&](std::uint32_t candidate) {
        const auto& record = slab_[candidate];
        return record.state != State::ending && device_key(record) == key;
    });
    return slot == base::Index::kNone ? Id{} : slab_.id_of(slot);
}

void SubscriptionTable::move(Subscription& record, SubscriptionInput input) {
    const auto next = next_state(record.state, input);
    assert(next);
    if (!next) return;
    if (base::log_enabled(base::LogLevel::debug)) {
        base::log_debug("subscription.state", {{"call_id", record.get(Part::call_id)},
                                               {"resource", record.get(Part::entity)},
                                               {"from", name_of(record.state)},
                                               {"to", name_of(*next)}});
    }
    gauge_of(record).subtract();
    const auto before = std::exchange(record.state, *next);
    gauge_of(record).add();
    if (input == SubscriptionInput::grant) record.was_approved = true;
    if (input == SubscriptionInput::suspend) record.was_approved = false;
    for (auto& listener : on_move_) listener(record, before);
}

void SubscriptionTable::become(Subscription& record, Liveness liveness) {
    gauge_of(record).subtract();
    record.liveness = liveness;
    gauge_of(record).add();
}

store::Subscription::State stored_state(SubscriptionState state, Once once) noexcept {
    using Stored = store::Subscription::State;
    if (state == SubscriptionState::pending) return Stored::pending;
    if (once == Once::nothing) return Stored::active;
    return once == Once::allow ? Stored::let_in : Stored::put_off;
}

Once once_of_stored(store::Subscription::State state) noexcept {
    if (state == store::Subscription::State::let_in) return Once::allow;
    return state == store::Subscription::State::put_off ? Once::polite_block : Once::nothing;
}

store::Subscription::State stored_end(EndReason reason) noexcept {
    assert(is_kept(reason));
    for (const auto& [ours, stored] : kStoredEnds) {
        if (ours == reason) return stored;
    }
    return store::Subscription::State::terminated;
}

std::optional<EndReason> end_of_stored(store::Subscription::State state) noexcept {
    for (const auto& [ours, stored] : kStoredEnds) {
        if (stored == state) return ours;
    }
    return std::nullopt;
}

store::TouchSubscription touch_of(const Subscription& record, std::uint32_t epoch) {
    store::TouchSubscription touch;
    touch.id = record.id;
    touch.change = record.change;
    touch.expires_at = record.expires_at;
    touch.granted = record.granted;
    touch.remote_cseq = record.remote_cseq;
    touch.cseq_base = record.cseq + 1;
    touch.epoch = epoch;
    touch.state = stored_state(record.state, record.once);
    touch.keeps_mark = true;
    return touch;
}

std::uint8_t type_index(const packages::Profile& profile, std::string_view type) noexcept {
    const auto& types = profile.notify_types;
    const auto found = std::find(types.begin(), types.end(), type);
    return found == types.end() ? 0 : static_cast<std::uint8_t>(found - types.begin());
}

}  // namespace herald::server
