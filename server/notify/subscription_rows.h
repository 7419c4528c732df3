// server/notify/subscription_rows.h: a subscription as the store keeps it, and back.
#pragma once

#include "server/core/context.h"
#include "server/core/subscription.h"
#include "store/records.h"

namespace herald::server {

/// What the column `accept` has of the class of a watcher: its type of body, or its manner.
std::string accept_of(const packages::Package& package, std::uint8_t type,
                      const std::string& manner);

/// As it is before a better flow is known: `record.flow` is the one its request came by.
store::Subscription row_of(const Context& context, const Subscription& record,
                           store::RequestMark mark);

/// As it was in an earlier run. No timer is armed; its resource is made if there is none.
Subscription record_of(Context& context, const store::Subscription& row,
                       const packages::Package& package);

}  // namespace herald::server
