// server/register/flow_timer.h: how often a device is to keep its connection alive (RFC 5626 4.4.1,
// 5.4).
#pragma once

#include <string>

#include "server/core/context.h"
#include "sip/endpoint.h"

namespace herald::server {

/// Appends Flow-Timer to the lines of a 2xx to a REGISTER with outbound that came by `flow` from
/// its device, as sip.flow_timer says, and holds the device to that, with half of it to spare.
/// Nothing where that is off, and for datagrams.
void append_flow_timer(std::string& headers, Context& context, const sip::Flow& flow);

}  // namespace herald::server
