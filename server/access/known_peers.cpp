// server/access/known_peers.cpp: who is at the other end of a flow, whatever its requests say.
#include "server/access/known_peers.h"

#include <algorithm>
#include <utility>

namespace herald::server {

bool KnownPeers::is_trusted(const sip::Flow& flow) const {
    const bool is_listed =
        std::any_of(config_.trusted_peers.begin(), config_.trusted_peers.end(),
                    [&](const AddressRange& range) { return range.contains(flow.peer); });
    if (is_listed) return true;
    const auto known = certified_by(flow);
    return known && known->is_trusted;
}

std::string KnownPeers::certificate_of(const sip::Flow& flow) const {
    const auto names = limits_.clients->find(flow);
    return names ? sip::shown(*names) : std::string();
}

std::string KnownPeers::account_of(const sip::Flow& flow) const {
    auto known = certified_by(flow);
    return known ? std::move(known->aor) : std::string();
}

/// What the certificate at the other end means here.
std::optional<Certified> KnownPeers::certified_by(const sip::Flow& flow) const {
    if (config_.tls_clients.empty()) return std::nullopt;
    const auto names = limits_.clients->find(flow);
    return names ? certified(*names, config_.tls_clients) : std::nullopt;
}

}  // namespace herald::server
