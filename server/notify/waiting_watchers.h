// server/notify/waiting_watchers.h: watchers whose subscription ended before the owner decided:
// kept for days, so that an owner who was away still learns of them (RFC 3857 4.7.1, state
// waiting).
//
//   pending --expiry, unsubscribe, fetch--> waiting --decided--------------> gone (approved, rejected)
//                                              |----asks again, too long,
//                                              |    too many-------------> gone (giveup)
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_map.h"
#include "server/core/context.h"
#include "server/core/forgetting.h"
#include "server/core/watcher_list.h"

namespace herald::server {

/// One per shard, on its thread. The rows are those of the subscriptions they were.
class WaitingWatchers {
public:
    struct Entry {
        std::uint64_t id = 0;
        const packages::Package* package = nullptr;
        std::string aor, watcher;
        std::size_t bytes() const noexcept { return 300 + 3 * (aor.size() + watcher.size()); }
        std::uint32_t began = 0;  ///< as Subscription::began
        base::WallTime expires_at{};
        base::TimerId expiry;
    };

    WaitingWatchers(Context& context, WatcherList& list);

    /// When one who begins to wait now is given up.
    base::WallTime end_of_wait() const;
    /// `record` ended while nothing was decided, and its row says that it waits until `expires_at`.
    void add(const Subscription& record, base::WallTime expires_at);
    /// A row of the store, before the first request.
    void recover(const store::Subscription& row, base::WallTime not_before);
    /// The one who waits, if he does: a row that a new subscription of his replaces.
    std::optional<std::uint64_t> find(const packages::Package& package, std::string_view aor,
                                      std::string_view watcher) const;
    /// Drops it from memory; the caller sees to its row. `event`: what winfo says of it.
    void drop(std::uint64_t id, packages::WatcherEvent event);
    /// ... and of the store.
    void remove(std::uint64_t id, packages::WatcherEvent event);
    /// The owners for whom anybody waits.
    std::vector<std::string> owners() const;
    /// Those of an owner, by id, in all packages.
    std::vector<const Entry*> of(std::string_view aor) const;

    void forget_some(Cell cell, Forgetting& forgetting);
    std::size_t size() const noexcept { return entries_.size(); }

private:
    void insert(Entry entry, base::WallTime not_before);
    void give_up(std::uint64_t id);
    void make_room(const Entry& entry);
    void list(const packages::Package& watched, std::string_view aor,
              std::vector<packages::Watcher>& watchers) const;
    Entry take(std::uint64_t id);

    using Ids = base::TextMap<std::vector<std::uint64_t>>;
    static void erase_from(Ids& index, const std::string& key, std::uint64_t id);

    Context& context_;
    WatcherList& list_;
    base::Timers::Owner timer_;
    std::map<std::uint64_t, Entry> entries_;  ///< the oldest first
    Ids by_owner_, by_watcher_;
    std::size_t bytes_ = 0;
    base::Counter& count_;
    base::Counter& shown_bytes_;
    base::Counter& given_up_;
};

}  // namespace herald::server
