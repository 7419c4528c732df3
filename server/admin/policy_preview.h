// server/admin/policy_preview.h: what a watcher sees of somebody, by which rules, and what he would
// see by others.
#pragma once

#include <string>
#include <vector>

#include "server/admin/admin_policies.h"
#include "server/shard/shard.h"

namespace herald::server {

struct PreviewOrder {
    std::string aor, watcher;  ///< canonical; the watcher may be nobody
    const packages::Package* package = nullptr;
    PolicyPtr candidate;  ///< instead of what the owner says; null: what he says
};

/// All on the thread of the shard that owns the AOR.
Preview preview_of(Context& context, const PreviewOrder& order);
/// By no particular order.
std::vector<WatcherInfo> watchers_of(Shard& shard, const std::string& aor,
                                     const WatcherQuery& query);

}  // namespace herald::server
