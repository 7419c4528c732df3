// server/access/claims.h: what a request says of who sent it, and who may say so.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/access/accounts.h"
#include "server/access/identity.h"
#include "server/address/aliases.h"
#include "server/address/domains.h"
#include "sip/message.h"

namespace herald::server {

/// Whether a From names nobody (RFC 3323 4.1.1.3), in a domain of its own or in its provider's.
bool is_anonymous(std::string_view aor) noexcept;

/// Looks up for one shard; what it looks at outlives it.
class Claims {
public:
    Claims(const Domains& domains, const Accounts& accounts, const Aliases& aliases)
        : domains_(domains), accounts_(accounts), aliases_(aliases) {}

    /// Who From says it is; `from` is its URI, read here if null.
    Identity sender(const sip::Message& request, const sip::Uri* from) const;
    /// Who P-Asserted-Identity says it is (RFC 3325), which only a trusted peer is believed.
    std::optional<Identity> asserted(const sip::Message& request) const;
    /// The account that a request claims, before anything is proved: RFC 8760 2.3 lets us offer
    /// what this user can answer.
    AccountPtr account(const sip::Message& request) const;
    /// Whether this server is a proxy to it (RFC 3261 22.3).
    bool is_for_elsewhere(const sip::Message& request) const;
    /// Whether what is signed, the `uri` of credentials, is what is asked for.
    bool is_about(std::string_view uri, const sip::Message& request) const;
    /// Whether `who` may send this request, whose From is somebody's, maybe his own. `event` is the
    /// type in a PUBLISH's Event.
    bool may_send(const Identity& who, const sip::Message& request, std::string_view event,
                  const sip::Uri* from) const;

private:
    std::string aor_in(std::string_view field) const;

    const Domains& domains_;
    const Accounts& accounts_;
    const Aliases& aliases_;
};

}  // namespace herald::server
