// server/core/tables.h: a shard's resources and subscriptions with their indexes.
//
//               commit_active             end                 drop (from every state)
//   committing -----------> active ------------------> ending -------> gone
//      |   |                 ^ |                        ^  ^
//      |   | commit_pending  | | suspend          end   |  |
//      |   |           grant | v                        |  |
//      |   +-----------> pending -----------------------+  |
//      | end (a fetch)                                     |
//      +---------------------------------------------------+
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/index.h"
#include "base/metrics.h"
#include "base/slab.h"
#include "base/task.h"
#include "server/core/bucket.h"
#include "server/core/resource.h"
#include "server/core/subscription.h"
#include "server/core/subscription_loads.h"

namespace herald::server {

/// The resources of one shard by package and AOR. Slots are stable while a resource lives.
class ResourceTable {
public:
    /// `bucket_key` as in store::Home.
    explicit ResourceTable(base::Metrics& metrics, const base::HashKey& bucket_key = {});

    /// Slot, or Resource::kNone.
    std::uint32_t find(const packages::Package& package, std::string_view aor) const;
    std::uint32_t obtain(const packages::Package& package, std::string_view aor);
    Resource& operator[](std::uint32_t slot) { return slab_[slot]; }
    const Resource& operator[](std::uint32_t slot) const { return slab_[slot]; }
    /// Drops a resource that holds nothing.
    void drop_if_idle(std::uint32_t slot);
    /// Forgets a resource, whatever it holds; its timers are cancelled, its watchers gone.
    void erase(std::uint32_t slot);
    std::size_t size() const noexcept { return slab_.size(); }
    /// What is counted for its package.
    const PackageCounters& counters(std::uint32_t slot) const noexcept {
        return *slab_[slot].installed->counters;
    }
    /// What the resources of a package share.
    InstalledPackage& installed(const packages::Package& package);
    /// nullptr: the defaults.
    const packages::Settings* settings(const packages::Package& package) {
        return installed(package).settings.get();
    }

    template <class Visit>
    void for_each(Visit&& visit) {
        slab_.for_each(visit);
    }
    /// Those of the cells; `visit` may drop the resource it is given.
    template <class Visit>
    void for_each_of(const Cells& cells, Visit&& visit) {
        if (!cells.one) return slab_.for_each(visit);
        for (const auto slot : std::vector(slots_of(*cells.one))) visit(slot, slab_[slot]);
    }
    /// Of the resources of a cell, in no order.
    const std::vector<std::uint32_t>& slots_of(Cell cell) const noexcept {
        return by_cell_[static_cast<std::size_t>(cell)];
    }
    /// A part of them: those in the slots from `first` on, before `end`. False: there are no more.
    template <class Visit>
    bool for_some(std::uint32_t first, std::uint32_t end, Visit&& visit) {
        slab_.for_some(first, end, visit);
        return end < slab_.slots();
    }
    bool holds(std::uint32_t slot) const noexcept { return slab_.holds(slot); }

private:
    void join_cell(std::uint32_t slot);
    void leave_cell(std::uint32_t slot);
    std::uint64_t hash(const packages::Package& package, std::string_view aor) const;

    base::Metrics& metrics_;
    std::vector<std::unique_ptr<InstalledPackage>> packages_;
    const base::HashKey bucket_key_;
    base::HashKey key_ = base::random_key();
    base::Slab<Resource> slab_;
    base::Index index_;
    std::array<std::vector<std::uint32_t>, kCells> by_cell_;
};

enum class SubscriptionInput : std::uint8_t {
    commit_pending,
    commit_active,
    grant,
    suspend,
    end,
    drop
};
inline constexpr std::size_t kSubscriptionStates = 5;
inline constexpr std::size_t kSubscriptionInputs = 6;

/// The table under the drawing; nullopt where an input makes no sense in a state.
std::optional<SubscriptionState> next_state(SubscriptionState state,
                                            SubscriptionInput input) noexcept;

/// The subscriptions of one shard, found by dialog and by device.
class SubscriptionTable {
public:
    using Id = base::SlotId;

    /// Of `resources`, which outlive it. Counts into `loads` as shard `shard`; null: into loads of
    /// its own.
    SubscriptionTable(base::Metrics& metrics, const ResourceTable& resources,
                      Loads* loads = nullptr, std::size_t shard = 0);

    /// A record in state committing; its texts are packed, its indexes set. Where it has no source
    /// its flow tells.
    Id add(Subscription&& record);
    /// Many are about to be added, before anything else happens: nothing finds or counts them until
    /// list(), which then knows how many they are. Only where there are none yet; else it does
    /// nothing.
    void postpone_listing() noexcept { is_unlisted_ = is_unlisted_ || slab_.empty(); }
    /// After the last of them.
    void list();
    /// New texts (a refresh moved the Contact): the device index follows.
    void retext(Id id, PackedText text);
    /// Out of all indexes; the record is gone.
    void erase(Id id);

    Subscription* find(Id id) noexcept { return slab_.find(id); }
    Subscription& operator[](std::uint32_t slot) { return slab_[slot]; }
    Id id_of(std::uint32_t slot) const { return slab_.id_of(slot); }
    void prefetch(std::uint32_t slot) const noexcept { slab_.prefetch(slot); }
    /// By our tag, confirmed by Call-ID and the peer's tag (RFC 3261 12).
    Id by_dialog(std::string_view call_id, std::string_view local_tag,
                 std::string_view remote_tag) const;
    /// Another subscription of the same device on the same resource.
    Id by_device(const DeviceKey& key) const;
    std::size_t size() const noexcept { return slab_.size(); }
    /// How many there are of whom.
    const SubscriptionLoads& loads() const noexcept { return loads_; }

    /// The one place where a state changes: logged and counted.
    void move(Subscription& record, SubscriptionInput input);
    /// Likewise of whether its watcher answers.
    void become(Subscription& record, Liveness liveness);
    /// Adds a listener, called after each move with the state before it.
    using OnMove = base::Task<void(const Subscription& record, SubscriptionState before)>;
    void on_move(OnMove listener) { on_move_.push_back(std::move(listener)); }

    /// The way to the watcher is another one.
    void reroute(Subscription& record, const sip::Flow& flow) { record.flow = flow; }
    template <class Visit>
    void for_each(Visit&& visit) {
        slab_.for_each(visit);
    }
    /// A part of them: those in the slots from `first` on, before `end`. False: there are no more.
    template <class Visit>
    bool for_some(std::uint32_t first, std::uint32_t end, Visit&& visit) {
        slab_.for_some(first, end, visit);
        return end < slab_.slots();
    }

private:
    /// By what a record is found and counted.
    struct Entry {
        std::uint32_t slot;
        std::uint64_t tag, device;
        SubscriptionLoads::Share share;
    };
    Entry entry_of(std::uint32_t slot) const;
    void prefetch(const Entry& entry) const noexcept;
    void list(const Entry& entry);
    void list_from(std::uint32_t first);
    std::uint64_t device_hash(const DeviceKey& key, std::uint64_t watcher) const;
    std::uint64_t device_hash(const DeviceKey& key) const;
    std::uint64_t hash(std::string_view text) const { return base::keyed_hash(key_, text); }

    const ResourceTable& resources_;
    base::HashKey key_ = base::random_key();
    base::Slab<Subscription> slab_;
    base::Index by_tag_;
    base::Index by_device_;
    bool is_unlisted_ = false;  ///< all of them
    SubscriptionLoads loads_;
    std::vector<OnMove> on_move_;
    base::Counter& gauge_of(const Subscription& record) const noexcept {
        return resources_.counters(record.resource).of(standing_of(record.state, record.liveness));
    }
};

/// A SlotId as one number, for timers and callbacks.
constexpr std::uint64_t pack(base::SlotId id) noexcept {
    return std::uint64_t{id.slot} << 32 | id.generation;
}
constexpr base::SlotId unpack(std::uint64_t packed) noexcept {
    return {static_cast<std::uint32_t>(packed >> 32), static_cast<std::uint32_t>(packed)};
}

/// How a live state is written in the store, with what was decided about this subscription alone.
store::Subscription::State stored_state(SubscriptionState state, Once once) noexcept;
Once once_of_stored(store::Subscription::State state) noexcept;
/// ... and an end that is kept; the reason again, nullopt for a subscription that is live or over.
store::Subscription::State stored_end(EndReason reason) noexcept;
std::optional<EndReason> end_of_stored(store::Subscription::State state) noexcept;
/// The row change that says where a live subscription stands, with a new CSeq block; its mark
/// stays.
store::TouchSubscription touch_of(const Subscription& record, std::uint32_t epoch);
/// Index of `type` among the profile's notify types; the default one where it is not there.
std::uint8_t type_index(const packages::Profile& profile, std::string_view type) noexcept;

}  // namespace herald::server
