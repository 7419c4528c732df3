// server/core/request.h: a request as its shard hands it to the part that answers: read once.
#pragma once

#include <optional>

#include "packages/package.h"
#include "server/core/subject.h"
#include "server/core/tables.h"
#include "sip/endpoint.h"
#include "sip/fields.h"
#include "sip/message.h"
#include "sip/transaction.h"

namespace herald::server {

/// Valid while the part is called: who waits for something keeps `id`, asks the stack for the
/// message again, and copies what else it needs.
struct Request {
    sip::ServerTransactionId id;
    const sip::Message& message;
    const sip::Flow& flow;
    Subject subject;
    std::optional<sip::Uri> from;                ///< nullopt: malformed
    std::optional<sip::Event> event;             ///< nullopt: none, or malformed
    const packages::Package* package = nullptr;  ///< of `event`; nullptr: none of ours
    SubscriptionTable::Id dialog;  ///< the subscription it came within; none: no such dialog
};

}  // namespace herald::server
