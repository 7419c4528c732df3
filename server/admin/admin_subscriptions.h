// server/admin/admin_subscriptions.h: subscriptions as an operator sees them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace herald::server {

class AdminCarrier;

/// A NOTIFY that was sent, and what became of it.
struct NotifyInfo {
    base::WallTime at{};
    std::uint32_t cseq = 0;
    std::string state;       ///< of the subscription, as it said: pending, active, terminated
    int answer = 0;          ///< status, 408 for none
    std::uint32_t took = 0;  ///< milliseconds
};

/// One watcher as an operator sees it.
struct SubscriptionInfo {
    std::string id;  ///< opaque, for paging
    std::string package, resource, watcher;
    std::string state;  ///< pending, active, suspect, flow_lost, terminated
    std::string call_id, remote_target, flow;
    std::string certificate;  ///< a name in the one its connection proved to hold; empty: none
    base::WallTime expires_at{};
    std::optional<base::WallTime> last_notify;
    int last_answer = 0;  ///< status of the last NOTIFY's answer, 408 for none; 0: none yet
    /// When the next NOTIFY goes out to who could not be told, or was told too lately.
    std::optional<base::WallTime> next_retry;
    std::uint32_t failures = 0;  ///< in a row
    /// The last ones the shard remembers, the latest first; SubscriptionQuery::notifies of them.
    std::vector<NotifyInfo> notifies;
};

struct SubscriptionQuery {
    std::string package, resource, watcher, state;  ///< empty: any
    std::string after;                              ///< id of the last row of the previous page
    std::size_t limit = 100;                        ///< at most 1000
    std::size_t notifies = 0;                       ///< to tell of each, at most
};

struct SubscriptionPage {
    std::vector<SubscriptionInfo> rows;
    std::string next;       ///< `after` for the next page; empty: no more
    std::size_t total = 0;  ///< matching the filters
};

class SubscriptionAdmin {
public:
    virtual ~SubscriptionAdmin() = default;

    /// Faults: unknown_event, malformed (a bad `after`).
    virtual Result<SubscriptionPage> page(const SubscriptionQuery& query) = 0;
};

std::unique_ptr<SubscriptionAdmin> subscription_admin(const AdminCarrier& carrier);

}  // namespace herald::server
