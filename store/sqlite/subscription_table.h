// store/sqlite/subscription_table.h: the subscriptions that are there, and how they change.
#pragma once

#include <cstdint>

#include "store/meaning.h"
#include "store/sqlite/database.h"
#include "store/sqlite/tombstones.h"

namespace herald::store {

/// What refuses is said in meaning.h. Lives no longer than the tombstones.
class SubscriptionTable {
public:
    explicit SubscriptionTable(Tombstones& tombstones) : tombstones_(tombstones) {}
    /// Faults: io.
    Status prepare(Database& database);

    Applied put(const Subscription& row);
    Applied replace(const Subscription& row);
    Applied touch(const TouchSubscription& change);
    Applied bury(const RemoveSubscription& change);
    Applied erase(std::uint64_t id);

private:
    Tombstones& tombstones_;
    Statement put_;
    Statement replace_;
    Statement touch_;
    Statement erase_;
};

}  // namespace herald::store
