// server/access/authenticate.h: from a request to its proved sender: digest, a trusted peer's
// assertion, or open mode.
#pragma once

#include <variant>

#include "base/metrics.h"
#include "server/access/accounts.h"
#include "server/access/identity.h"
#include "server/address/aliases.h"
#include "server/address/domains.h"
#include "server/config/config.h"
#include "sip/answer.h"
#include "sip/digest.h"
#include "sip/endpoint.h"
#include "sip/message.h"

namespace herald::server {

/// A refusal ready to send: 401 with challenges, 400, or 403.
struct AuthenticationRefusal {
    sip::Answer answer;
    bool is_challenge = false;  ///< may be answered statelessly
};

/// One per shard; the nonce key is shared by all.
class Authenticator {
public:
    Authenticator(const Config& config, const Domains& domains, const Accounts& accounts,
                  const Aliases& aliases, const base::HashKey& nonce_key, const base::Clock& clock,
                  base::Metrics& metrics);

    /// Who sent `request` (RFC 3261 22, RFC 3325). Trusted peers'
    /// P-Asserted-Identity is believed, everybody else's is dropped; From must be the authenticated
    /// user's, or an alias of it.
    std::variant<Identity, AuthenticationRefusal> authenticate(const sip::Message& request,
                                                               const sip::Flow& flow);
    /// Whether `peer` is one of sip.trusted_peers.
    bool is_trusted(const sip::Endpoint& peer) const;

private:
    std::optional<Identity> asserted(const sip::Message& request) const;
    Identity from_claim(const sip::Message& request) const;
    AuthenticationRefusal challenge(bool is_stale);
    std::variant<Identity, AuthenticationRefusal> by_digest(const sip::Message& request);
    bool is_ours(std::string_view uri) const;
    AccountPtr account_of(const sip::Credentials& credentials) const;

    const Config& config_;
    const Domains& domains_;
    const Accounts& accounts_;
    const Aliases& aliases_;
    sip::DigestServer digest_;
    std::string realm_;
    base::Counter& challenged_;
    base::Counter& accepted_;
    base::Counter& wrong_;
    base::Counter& stale_;
    base::Counter& mismatched_;
};

}  // namespace herald::server
