// server/notify/notify_verdict.h: what the answer to a NOTIFY means for its subscription (RFC 6665
// 4.2.2, RFC 5057).
#pragma once

#include <cstdint>
#include <optional>

#include "sip/transaction.h"

namespace herald::server {

enum class NotifyVerdict : std::uint8_t {
    delivered,
    remove,        ///< the dialog or usage is gone: silently
    suspect,       ///< no answer: retry on a schedule, the N-th in a row ends it
    authenticate,  ///< answer the challenge, once
    wait,          ///< not before Retry-After
    other_body,    ///< the body was not accepted: once in the default type
    keep,          ///< this transaction only; the N-th in a row ends it
    unreachable,   ///< nothing could be sent on the flow
    flow_gone,     ///< its edge says that the device has left (RFC 5626 5.3)
};

/// What an outcome means.
NotifyVerdict verdict_of(const sip::ClientOutcome& outcome) noexcept;
/// As above from the status alone; `has_retry_after` matters to 500, 503 and 504.
NotifyVerdict verdict_of(int status, bool has_retry_after) noexcept;

}  // namespace herald::server
