// server/address/own_address.cpp: whether a URI leads back to this server.
#include "server/address/own_address.h"

#include <algorithm>

#include "sip/locate.h"

namespace herald::server {

bool is_own_address(const sip::Uri& uri, const Domains& domains,
                    std::span<const sip::ListenerAddress> listeners) {
    if (domains.serves(uri)) return true;
    const auto target = sip::numeric_target(uri);
    if (!target) return false;
    return std::any_of(listeners.begin(), listeners.end(), [&](const auto& listener) {
        const auto& bound = listener.bound;
        if (bound == target->endpoint) return true;
        const auto port = target->endpoint.port();
        return (port == bound.port() && bound.is_any() && target->endpoint.is_loopback()) ||
               (port == listener.port && listener.host == target->endpoint.uri_host());
    });
}

}  // namespace herald::server
