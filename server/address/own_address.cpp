// server/address/own_address.cpp: whether a URI leads back to this server.
#include "server/address/own_address.h"

#include "sip/locate.h"
#include "sip/path.h"

namespace herald::server {

bool is_own_address(const sip::Uri& uri, const Domains& domains,
                    std::span<const sip::ListenerAddress> listeners) {
    if (domains.serves(uri)) return true;
    const auto target = sip::numeric_target(uri);
    return target && sip::is_listener(target->endpoint, listeners);
}

}  // namespace herald::server
