// server/register/registered_device.h: a binding as something can be sent to it (RFC 3261 16.6, RFC
// 3327 5.4, RFC 5626 7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "packages/registration.h"
#include "sip/approach.h"

namespace herald::server {

/// How the device of `binding` is reached in this run of the server, of which `epoch` is the
/// number; views into `binding`. nullopt where the Contact is no SIP URI: nothing is sent there.
std::optional<sip::Device> device_of(const packages::Binding& binding, std::uint32_t epoch);

/// The Request-URI of what is sent to it: without headers, and without what a push service knows
/// the device by (RFC 8599 13), unless an edge proxy on its Path needs that to wake it.
std::string request_uri_of(const packages::Binding& binding);

}  // namespace herald::server
