// server/core/watcher_list.h: who watches a resource, for packages whose documents are about the
// watchers of another package (RFC 3857, RFC 3858).
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/listeners.h"
#include "base/task.h"
#include "packages/package.h"
#include "server/core/cell_rest.h"
#include "server/core/tables.h"

namespace herald::server {

/// Fills EventState::watchers for every package with Profile::watchers_of, and says which resources
/// of such packages a change of a watcher changes.
class WatcherList {
public:
    /// The tables outlive the list, and the list is there as long as they change. `changed` is
    /// called with the slot of each resource whose list of watchers changed.
    WatcherList(ResourceTable& resources, SubscriptionTable& subscriptions, const CellRest& rest,
                base::Task<void(std::uint32_t resource)> changed);

    /// From now on changes are told, but of cells at rest: recovery brings back what everybody
    /// knows.
    void resume() noexcept { is_telling_ = true; }

    /// Somebody else has watchers to add to the list of an AOR.
    using More = std::function<void(const packages::Package& watched, std::string_view aor,
                                    std::vector<packages::Watcher>& watchers)>;
    void also_list(More more) { more_ = std::move(more); }
    /// Adds a listener, called with what tell() is.
    using Told = base::Task<void(const packages::Package& watched, std::string_view aor,
                                 const packages::Watcher& watcher)>;
    void on_told(Told listener) { told_.add(std::move(listener)); }
    /// ... of whom one changed.
    void tell(const packages::Package& watched, std::string_view aor,
              const packages::Watcher& watcher);

    /// The watchers of an AOR, by id. Fetches are not among them: they watch nothing.
    std::vector<packages::Watcher> of(const packages::Package& watched, std::string_view aor) const;

private:
    void on_move(const Subscription& record, SubscriptionState before);
    void tell_listers(const InstalledPackage& watched, std::string_view aor,
                      const packages::Watcher& watcher, bool is_told);

    ResourceTable& resources_;
    SubscriptionTable& subscriptions_;
    const CellRest& rest_;
    base::Task<void(std::uint32_t)> changed_;
    More more_;
    base::Listeners<const packages::Package&, std::string_view, const packages::Watcher&> told_;
    bool is_telling_ = false;
};

}  // namespace herald::server
