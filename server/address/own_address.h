// server/address/own_address.h: whether a URI leads back to this server.
#pragma once

#include <span>

#include "server/address/domains.h"
#include "sip/transport.h"

namespace herald::server {

/// A served domain, or an address and port we listen on.
bool is_own_address(const sip::Uri& uri, const Domains& domains,
                    std::span<const sip::ListenerAddress> listeners);

}  // namespace herald::server
