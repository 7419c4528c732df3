// server/access/known_peers.h: who is at the other end of a flow, whatever its requests say: a
// trusted peer by its address, or whoever the certificate names.
#pragma once

#include <optional>
#include <string>

#include "server/access/certified.h"
#include "server/access/limits.h"
#include "server/config/config.h"
#include "sip/endpoint.h"

namespace herald::server {

/// Looks up for one shard.
class KnownPeers {
public:
    /// Both outlive it.
    KnownPeers(const Config& config, const Limits& limits) : config_(config), limits_(limits) {}

    /// One of sip.trusted_peers, or one with a certificate that says as much.
    bool is_trusted(const sip::Flow& flow) const;
    /// The name in the certificate that the client proved to hold; empty: it showed none, or is
    /// gone.
    std::string certificate_of(const sip::Flow& flow) const;
    /// The canonical AOR whose account the certificate is of; empty: of none.
    std::string account_of(const sip::Flow& flow) const;

private:
    std::optional<Certified> certified_by(const sip::Flow& flow) const;

    const Config& config_;
    const Limits& limits_;
};

}  // namespace herald::server
