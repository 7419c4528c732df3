// server/shard/overload.h: who is turned away while a shard cannot keep up with its input.
#pragma once

#include "sip/message.h"
#include "sip/transport.h"

namespace herald::server {

/// Existing state goes before new state: under high load requests for new state are refused, under
/// extreme load refreshes, registrations and removals too. A refusal is a 503 with Retry-After.
bool is_worth_serving(const sip::Message& request, sip::Load load) noexcept;

}  // namespace herald::server
