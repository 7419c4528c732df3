// server/notify/subscribe_answers.h: the answers to SUBSCRIBEs that are granted, or were before.
#pragma once

#include <cstdint>
#include <optional>

#include "server/core/context.h"
#include "server/core/subscription.h"
#include "sip/answer.h"
#include "sip/message.h"

namespace herald::server {

/// 200 for a subscription that is good for `expires` seconds (RFC 6665 4.2.1.1).
sip::Answer accepted(const Subscription& record, std::uint32_t expires);
/// ... once more for one that is gone.
sip::Answer accepted_end();
/// RFC 3261 12.2.2: 500 to a request whose CSeq is not a new one; the repetition of a change that
/// was durable before a crash, as its mark tells, gets its answer again. nullopt: it is in order.
std::optional<sip::Answer> answer_out_of_order(const Subscription& record,
                                               const sip::Message& request, const Context& context);

}  // namespace herald::server
