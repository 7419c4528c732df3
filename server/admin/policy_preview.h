// server/admin/policy_preview.h: what a watcher sees of somebody, by which rules, and what he would
// see by others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/task.h"
#include "server/admin/admin_policies.h"
#include "server/shard/shard.h"

namespace herald::server {

struct PreviewOrder {
    std::string aor, watcher;  ///< canonical; the watcher may be nobody
    const packages::Package* package = nullptr;
    PolicyPtr candidate;  ///< instead of what the owner says; null: what he says
};

/// Calls `done` when everybody was looked at whom a candidate might concern. All on the thread of
/// the shard that owns the AOR.
void preview_of(Context& context, PreviewOrder order, base::Task<void(Preview)> done);

/// The rows of a page: those after an id, so many at most.
struct RowRange {
    std::uint64_t after = 0;
    std::size_t limit = 100;
};
/// Calls `done` with a page of who watches, by id. Of those only it is asked what decides.
void watchers_of(Shard& shard, const std::string& aor, const WatcherQuery& query, RowRange range,
                 base::Task<void(WatcherPage)> done);

}  // namespace herald::server
