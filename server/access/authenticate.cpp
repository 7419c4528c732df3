// server/access/authenticate.cpp: from a request to its proved sender: digest, a trusted peer's
// assertion, or open mode.
#include "server/access/authenticate.h"

#include <algorithm>

#include "sip/fields.h"

namespace herald::server {

namespace {

sip::DigestServer::Options digest_options(const Config& config, const std::string& realm) {
    sip::DigestServer::Options options;
    options.realm = realm;
    options.algorithms = config.digest_algorithms;
    options.nonce_life = std::chrono::seconds(config.nonce_life);
    options.allow_rfc2069 = config.digest_allow_rfc2069;
    options.allow_stuck_nc = config.digest_allow_stuck_nc;
    return options;
}

std::string realm_of(const Config& config, const Domains& domains) {
    return config.realm.empty() ? domains.first() : config.realm;
}

AuthenticationRefusal refusal(int status, std::string reason) {
    AuthenticationRefusal result;
    result.answer.status = status;
    result.answer.reason = std::move(reason);
    return result;
}

base::Counter& counter(base::Metrics& metrics, const char* result) {
    return metrics.counter("herald_authentications_total", "Requests authenticated, by result",
                           {{"result", result}});
}

}  // namespace

Authenticator::Authenticator(const Config& config, const Domains& domains, const Accounts& accounts,
                             const Aliases& aliases, const base::HashKey& nonce_key,
                             const base::Clock& clock, base::Metrics& metrics)
    : config_(config),
      domains_(domains),
      accounts_(accounts),
      aliases_(aliases),
      digest_(digest_options(config, realm_of(config, domains)), nonce_key, clock),
      realm_(realm_of(config, domains)),
      challenged_(counter(metrics, "challenged")),
      accepted_(counter(metrics, "accepted")),
      wrong_(counter(metrics, "wrong")),
      stale_(counter(metrics, "stale")),
      mismatched_(counter(metrics, "from_mismatch")) {}

bool Authenticator::is_trusted(const sip::Endpoint& peer) const {
    return std::any_of(config_.trusted_peers.begin(), config_.trusted_peers.end(),
                       [&](const AddressRange& range) { return range.contains(peer); });
}

Identity Authenticator::from_claim(const sip::Message& request) const {
    Identity identity;
    const auto from = sip::parse_name_address(request.from());
    if (!from) return identity;
    if (const auto uri = sip::parse_uri(from->uri); uri) identity.aor = domains_.aor(*uri);
    identity.account = accounts_.find(identity.aor);
    return identity;
}

std::optional<Identity> Authenticator::asserted(const sip::Message& request) const {
    for (const auto value : request.list(sip::Header::p_asserted_identity)) {
        const auto address = sip::parse_name_address(value);
        if (!address) continue;
        const auto uri = sip::parse_uri(address->uri);
        if (!uri || uri->scheme == sip::Scheme::tel) continue;
        Identity identity;
        identity.aor = domains_.aor(*uri);
        identity.account = accounts_.find(identity.aor);
        identity.is_trusted_peer = true;
        return identity;
    }
    return std::nullopt;
}

AuthenticationRefusal Authenticator::challenge(bool is_stale) {
    (is_stale ? stale_ : challenged_).add();
    AuthenticationRefusal result;
    result.answer.status = 401;
    result.answer.headers = digest_.challenge(is_stale);
    result.is_challenge = true;
    return result;
}

/// Old phones sign their AOR or leave parameters out: any resource of ours will do.
/// In-dialog requests are for our Contact.
bool Authenticator::is_ours(std::string_view uri) const {
    const auto parsed = sip::parse_uri(uri);
    return parsed && domains_.is_ours(parsed->host);
}

AccountPtr Authenticator::account_of(const sip::Credentials& credentials) const {
    return credentials.is_hashed ? accounts_.by_userhash(credentials.username)
                                 : accounts_.by_username(credentials.username, realm_);
}

std::variant<Identity, AuthenticationRefusal> Authenticator::by_digest(
    const sip::Message& request) {
    const auto credentials = digest_.read(request);
    if (!credentials) return refusal(400, credentials.fault().detail);
    if (!*credentials) return challenge(false);
    // A MESSAGE may be for another domain.
    const auto& uri = (*credentials)->uri;
    if (uri != request.request_uri() && !is_ours(uri))
        return refusal(403, "The digest is for something else");
    const auto account = account_of(**credentials);
    // A stranger costs as much as a wrong password: who exists stays hidden.
    sip::DigestSecrets secrets;
    for (int i = 0; account && i < 3; ++i) secrets.ha1[i] = account->ha1[i];
    switch (digest_.verify(request, **credentials, secrets)) {
        case sip::DigestServer::Verdict::stale:
            return challenge(true);
        case sip::DigestServer::Verdict::wrong:
            return wrong_.add(), challenge(false);
        case sip::DigestServer::Verdict::accepted:
            break;
    }
    if (!account) return wrong_.add(), challenge(false);
    accepted_.add();
    Identity identity;
    identity.aor = account->aor;
    identity.account = account;
    return identity;
}

std::variant<Identity, AuthenticationRefusal> Authenticator::authenticate(
    const sip::Message& request, const sip::Flow& flow) {
    if (is_trusted(flow.peer)) {
        if (auto identity = asserted(request)) return *std::move(identity);
    }
    if (config_.auth != AuthMode::digest) {
        auto identity = from_claim(request);
        identity.is_open = true;
        return identity;
    }
    auto result = by_digest(request);
    const auto* identity = std::get_if<Identity>(&result);
    if (!identity) return result;
    const bool may_act_for_others = identity->account->role == store::Account::Role::publisher ||
                                    identity->account->role == store::Account::Role::admin;
    const auto claimed = from_claim(request).aor;
    const bool is_own = claimed == identity->aor || aliases_.resolve(claimed) == identity->aor;
    if (!may_act_for_others && !is_own) {
        mismatched_.add();
        return refusal(403, "From is not the authenticated user");
    }
    return result;
}

}  // namespace herald::server
