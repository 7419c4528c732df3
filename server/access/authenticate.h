// server/access/authenticate.h: from a request to its proved sender: digest, a bearer token, a
// certificate, a trusted peer's assertion, or open mode.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/metrics.h"
#include "base/task.h"
#include "server/access/accounts.h"
#include "server/access/bearer_tokens.h"
#include "server/access/claims.h"
#include "server/access/identity.h"
#include "server/access/known_peers.h"
#include "server/access/limits.h"
#include "server/access/refusals.h"
#include "server/address/aliases.h"
#include "server/address/domains.h"
#include "server/config/config.h"
#include "sip/answer.h"
#include "sip/digest.h"
#include "sip/endpoint.h"
#include "sip/message.h"
#include "store/store.h"

namespace herald::server {

/// A refusal ready to send: 401 or 407 with challenges, 400, 403, or 480 for somebody who guesses
/// too often.
struct AuthenticationRefusal {
    sip::Answer answer;
    bool is_challenge = false;  ///< may be answered statelessly
};

/// The algorithms with which clients may hash their names, for Accounts.
std::vector<sip::DigestAlgorithm> name_hashes(const Config& config);

/// What an Authenticator looks at; outlives it.
struct AuthenticatorSetup {
    const Config& config;
    const Domains& domains;
    const Accounts& accounts;
    const Aliases& aliases;
    const store::Home& home;  ///< nonces are ours over restarts, and good within one run
    Limits& limits;
    const base::Clock& clock;
    base::Metrics& metrics;
};

/// One per shard; the nonce key is shared by all.
class Authenticator {
public:
    explicit Authenticator(const AuthenticatorSetup& setup);

    /// Who sent `request` (RFC 3261 22, RFC 3325). A MESSAGE to another domain is challenged as a
    /// proxy does (407). Trusted peers' P-Asserted-Identity is believed,
    /// everybody else's is dropped. From must be the authenticated user's, an alias of it, or
    /// anonymous; a publisher's PUBLISH and REGISTER may be from what it lists, an admin's from
    /// anybody. `event` is the type in a PUBLISH's Event; `from` the URI in From, read here if not
    /// given.
    std::variant<Identity, AuthenticationRefusal> authenticate(const sip::Message& request,
                                                               const sip::Flow& flow,
                                                               std::string_view event = {},
                                                               const sip::Uri* from = nullptr);
    /// As KnownPeers.
    bool is_trusted(const sip::Flow& flow) const { return peers_.is_trusted(flow); }
    std::string certificate_of(const sip::Flow& flow) const { return peers_.certificate_of(flow); }
    /// The keys of bearer tokens that come from now on; null: none are taken.
    void use(std::shared_ptr<const BearerKeys> keys) { tokens_.use(std::move(keys)); }
    using Refused = Refusals::Refused;
    /// Adds a listener, called with what the log is told.
    void on_refused(base::Task<void(const Refused&)> listener) {
        refusals_.on_told(std::move(listener));
    }

private:
    /// Whom a refusal is about, for the log.
    struct Subject {
        std::string_view user;
        const sip::Flow& flow;
        std::string_view aor{};  ///< of the account
    };

    /// What a challenge is to say.
    struct Wanted {
        bool is_stale = false;
        AccountPtr account{};
        std::string_view bearer_error{};  ///< RFC 6750 3.1; empty: none
    };
    using Outcome = std::variant<Identity, AuthenticationRefusal>;

    AuthenticationRefusal challenge(const Wanted& wanted, const sip::Message& request,
                                    const sip::Flow& flow);
    void tell(const Subject& subject, std::string_view why);
    AuthenticationRefusal refuse(const Subject& subject, int status, const char* why);
    Outcome by_digest(const sip::Message& request, const sip::Flow& flow);
    Outcome judge(const sip::Message& request, const sip::Credentials& credentials,
                  const sip::Flow& flow);
    Identity identity_of(const AccountPtr& account, const sip::Message& request,
                         const sip::Credentials& credentials, const sip::Flow& flow);
    AccountPtr account_of(const sip::Credentials& credentials) const;
    Outcome by_token(std::string_view token, const sip::Message& request, const sip::Flow& flow);
    Result<Identity> identity_of(const BearerTokens::Holder& holder) const;
    std::optional<Identity> by_certificate(const sip::Message& request, const sip::Flow& flow,
                                           std::string_view event, const sip::Uri* from) const;
    bool has_credentials(const sip::Message& request) const;
    std::optional<AuthenticationRefusal> put_off(const Subject& subject,
                                                 const Guesses::Try& attempt);
    sip::DigestServer& digest_for(const sip::Message& request);
    Guesses::Rules guess_rules() const;

    const Config& config_;
    const Domains& domains_;
    const Accounts& accounts_;
    const Aliases& aliases_;
    Limits& limits_;
    const base::Clock& clock_;
    const Claims claims_;
    const KnownPeers peers_;
    Refusals refusals_;
    sip::DigestServer digest_;        ///< of requests that are answered here
    sip::DigestServer proxy_digest_;  ///< of those that are sent on
    std::string realm_;
    BearerTokens tokens_;
    base::Counter& challenged_;
    base::Counter& accepted_;
    base::Counter& wrong_;
    base::Counter& stale_;
    base::Counter& mismatched_;
    base::Counter& delayed_;
};

}  // namespace herald::server
