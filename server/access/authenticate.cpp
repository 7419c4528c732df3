// server/access/authenticate.cpp: from a request to its proved sender: digest, a bearer token, a
// certificate, a trusted peer's assertion, or open mode.
#include "server/access/authenticate.h"

#include <algorithm>
#include <utility>

#include "base/hash128.h"

namespace herald::server {

namespace {

/// A client's own words are told back to it, but not at any length.
constexpr std::size_t kMostEchoed = 128;

/// Nonces are ours after a restart too (RFC 7616 3.3).
base::HashKey nonce_key(const store::Home& home) {
    const auto hash = base::keyed_hash128(home.lasting_key, "nonces");
    return {hash.high, hash.low};
}

enum class DigestRole : std::uint8_t { server, proxy };

sip::DigestServer::Options digest_options(const AuthenticatorSetup& setup, const std::string& realm,
                                          DigestRole role) {
    const Config& config = setup.config;
    sip::DigestServer::Options options;
    options.ledger = setup.limits.replays;
    options.run = setup.home.epoch;
    options.realm = realm;
    options.is_proxy = role == DigestRole::proxy;
    options.algorithms = config.digest_algorithms;
    options.nonce_life = std::chrono::seconds(config.nonce_life);
    options.allow_rfc2069 = config.digest_allow_rfc2069;
    options.allow_stuck_nc = config.digest_allow_stuck_nc;
    options.offer_userhash = config.digest_userhash;
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

sip::DigestSecrets secrets_of(const AccountPtr& account) {
    sip::DigestSecrets secrets;
    for (std::size_t i = 0; account && i < sip::kDigestAlgorithms; ++i)
        secrets.ha1[i] = account->ha1[i];
    return secrets;
}

/// Who brings a token, in the log, before it is believed.
constexpr std::string_view kTokenUser = "token";

/// Whether `address` is a user and a host, and nothing that a URI would read into it: whoever may
/// choose his name where tokens are made must not come out as somebody else ("alice:x", "%61lice").
bool is_spelled_out(const sip::Uri& uri, std::string_view address) {
    const auto at = address.rfind('@');
    return !uri.user.empty() && uri.user.find('%') == std::string_view::npos &&
           uri.user == address.substr(0, at) && uri.host == address.substr(at + 1);
}

}  // namespace

std::vector<sip::DigestAlgorithm> name_hashes(const Config& config) {
    std::vector<sip::DigestAlgorithm> hashes;
    if (!config.digest_userhash) return hashes;
    std::copy_if(config.digest_algorithms.begin(), config.digest_algorithms.end(),
                 std::back_inserter(hashes),
                 [](auto algorithm) { return algorithm != sip::DigestAlgorithm::md5; });
    return hashes;
}

Authenticator::Authenticator(const AuthenticatorSetup& setup)
    : config_(setup.config),
      domains_(setup.domains),
      accounts_(setup.accounts),
      aliases_(setup.aliases),
      limits_(setup.limits),
      clock_(setup.clock),
      claims_(setup.domains, setup.accounts, setup.aliases),
      peers_(setup.config, setup.limits),
      refusals_(setup.limits, setup.clock),
      digest_(digest_options(setup, realm_of(setup.config, setup.domains), DigestRole::server),
              nonce_key(setup.home), setup.clock),
      proxy_digest_(digest_options(setup, realm_of(setup.config, setup.domains), DigestRole::proxy),
                    nonce_key(setup.home), setup.clock),
      realm_(realm_of(setup.config, setup.domains)),
      tokens_(setup.config, realm_),
      challenged_(counter(setup.metrics, "challenged")),
      accepted_(counter(setup.metrics, "accepted")),
      wrong_(counter(setup.metrics, "wrong")),
      stale_(counter(setup.metrics, "stale")),
      mismatched_(counter(setup.metrics, "from_mismatch")),
      delayed_(counter(setup.metrics, "delayed")) {}

/// An account needs no password on a connection whose certificate is its own.
std::optional<Identity> Authenticator::by_certificate(const sip::Message& request,
                                                      const sip::Flow& flow, std::string_view event,
                                                      const sip::Uri* from) const {
    const auto named = peers_.account_of(flow);
    if (named.empty()) return std::nullopt;
    Identity identity;
    identity.aor = aliases_.resolve(named);
    identity.account = accounts_.find(identity.aor);
    identity.is_address_proven = true;
    // Another one may use the connection too: he is asked who he is.
    if (!identity.account || !claims_.may_send(identity, request, event, from)) return std::nullopt;
    return identity;
}

sip::DigestServer& Authenticator::digest_for(const sip::Message& request) {
    return claims_.is_for_elsewhere(request) ? proxy_digest_ : digest_;
}

AuthenticationRefusal Authenticator::challenge(const Wanted& wanted, const sip::Message& request,
                                               const sip::Flow& flow) {
    (wanted.is_stale ? stale_ : challenged_).add();
    const auto secrets = secrets_of(wanted.account);
    const bool is_proxy = claims_.is_for_elsewhere(request);
    AuthenticationRefusal result;
    result.answer.status = is_proxy ? 407 : 401;
    result.answer.headers = digest_for(request).challenge(wanted.is_stale, &secrets, flow.peer);
    // RFC 8898 2.2: where it can be heard on its way nobody is asked for a token.
    if (tokens_.are_taken() && sip::is_secure(flow.protocol))
        result.answer.headers += tokens_.challenge(is_proxy, wanted.bearer_error);
    result.is_challenge = true;
    return result;
}

void Authenticator::tell(const Subject& subject, std::string_view why) {
    refusals_.tell({subject.aor, subject.user, subject.flow.peer, why});
}

AuthenticationRefusal Authenticator::refuse(const Subject& subject, int status, const char* why) {
    tell(subject, why);
    return refusal(status, why);
}

Guesses::Rules Authenticator::guess_rules() const {
    return {.per_source = config_.auth_guesses_per_source,
            .per_account = config_.auth_guesses_per_account,
            .longest = config_.auth_longest_delay};
}

Authenticator::Outcome Authenticator::by_digest(const sip::Message& request,
                                                const sip::Flow& flow) {
    const auto credentials = digest_for(request).read(request);
    if (!credentials) return refusal(400, credentials.fault().detail);
    if (!*credentials) return challenge({.account = claims_.account(request)}, request, flow);
    if (!claims_.is_about((*credentials)->uri, request)) {
        return refuse({(*credentials)->username, flow}, 403, "The digest is for something else");
    }
    return judge(request, **credentials, flow);
}

/// Whoever guessed too often has to wait; the credentials are not even looked at.
std::optional<AuthenticationRefusal> Authenticator::put_off(const Subject& subject,
                                                            const Guesses::Try& attempt) {
    const auto seconds = limits_.guesses.wait(attempt, clock_.now());
    if (seconds == 0) return std::nullopt;
    delayed_.add();
    auto later = refuse(subject, 480, "Too many wrong passwords");
    later.answer.retry_after = seconds;
    later.is_challenge = true;
    return later;
}

AccountPtr Authenticator::account_of(const sip::Credentials& credentials) const {
    return credentials.is_hashed ? accounts_.by_userhash(credentials.username, realm_)
                                 : accounts_.by_username(credentials.username, realm_);
}

Authenticator::Outcome Authenticator::judge(const sip::Message& request,
                                            const sip::Credentials& credentials,
                                            const sip::Flow& flow) {
    const auto account = account_of(credentials);
    // An unknown user takes as long as a wrong password: who exists stays hidden.
    const sip::DigestUser user{secrets_of(account), account ? account->aor : credentials.username};
    const std::string_view named = account ? account->username : credentials.username;
    const Subject subject{credentials.is_hashed ? named : credentials.username, flow,
                          account ? std::string_view(account->aor) : std::string_view()};
    const Guesses::Try attempt{user.name, flow.peer, is_trusted(flow)};
    if (auto later = put_off(subject, attempt)) return *std::move(later);
    switch (digest_for(request).verify(request, credentials, user)) {
        case sip::DigestServer::Verdict::stale:
        case sip::DigestServer::Verdict::other_algorithm:
            return challenge({.is_stale = true, .account = account}, request, flow);
        case sip::DigestServer::Verdict::wrong:
            wrong_.add();
            limits_.guesses.failed(attempt, guess_rules(), clock_.now());
            tell(subject, account ? "wrong password" : "unknown user");
            return challenge({.account = account}, request, flow);
        case sip::DigestServer::Verdict::accepted:
            break;
    }
    limits_.guesses.succeeded(attempt, clock_.now());
    accepted_.add();
    return identity_of(account, request, credentials, flow);
}

/// Whose credentials were good. Only who is known to read what goes to his address is sent more
/// than he asked for.
Identity Authenticator::identity_of(const AccountPtr& account, const sip::Message& request,
                                    const sip::Credentials& credentials, const sip::Flow& flow) {
    const auto& digest = digest_for(request);
    Identity identity;
    identity.aor = account->aor;
    identity.account = account;
    identity.is_address_proven =
        sip::is_reliable(flow.protocol) || digest.was_challenged_at(credentials, flow.peer);
    const bool is_renewed = config_.digest_next_nonce && identity.is_address_proven &&
                            credentials.cnonce.size() <= kMostEchoed &&
                            digest.is_ageing(credentials);
    if (is_renewed)
        identity.success_lines =
            digest.authentication_info(credentials, secrets_of(account), {}, flow.peer);
    return identity;
}

/// Whose token it is. Faults: forbidden (nobody's here).
Result<Identity> Authenticator::identity_of(const BearerTokens::Holder& holder) const {
    const auto& named = holder.user;
    const bool has_scheme = named.starts_with("sip:") || named.starts_with("sips:");
    const std::string address = named.find('@') == std::string::npos
                                    ? named + "@" + domains_.first()
                                    : named.substr(has_scheme ? named.find(':') + 1 : 0);
    const auto text = "sip:" + address;
    const auto uri = sip::parse_uri(text);
    if (!uri || !is_spelled_out(*uri, address) || !domains_.serves(*uri))
        return Fault{FaultKind::forbidden, "it names nobody of ours"};
    Identity identity;
    identity.aor = aliases_.resolve(domains_.aor(*uri));
    identity.is_address_proven = true;
    identity.account = accounts_.find(identity.aor);
    using Role = store::Account::Role;
    const bool is_allowed = identity.account && (identity.account->role == Role::user ||
                                                 identity.account->role == holder.role);
    if (is_allowed) return identity;
    auto acting = identity.account ? *identity.account : store::Account();
    acting.aor = identity.aor;
    acting.role = Role::user;
    identity.account = std::make_shared<const store::Account>(std::move(acting));
    return identity;
}

/// A token nobody of ours signed is a guess, like a wrong password; one that is not good here is
/// none.
Authenticator::Outcome Authenticator::by_token(std::string_view token, const sip::Message& request,
                                               const sip::Flow& flow) {
    const Subject subject{kTokenUser, flow};
    if (!sip::is_secure(flow.protocol)) return refuse(subject, 403, "Tokens are taken by TLS only");
    const std::string source = "token " + flow.peer.host();
    const Guesses::Try attempt{source, flow.peer};
    if (auto later = put_off(subject, attempt)) return *std::move(later);
    const auto holder = tokens_.holder_of(token, clock_.wall());
    auto identity = holder ? identity_of(*holder) : Result<Identity>(holder.fault());
    if (identity) {
        accepted_.add();
        return *std::move(identity);
    }
    const auto& fault = identity.fault();
    wrong_.add();
    if (fault.kind == FaultKind::malformed)
        limits_.guesses.failed(attempt, guess_rules(), clock_.now());
    tell(subject, fault.detail.c_str());
    const bool lacks_scope = fault.kind == FaultKind::not_acceptable;
    return challenge({.bearer_error = lacks_scope ? "insufficient_scope" : "invalid_token"},
                     request, flow);
}

/// Whether it says who sent it, in a way that we ask for.
bool Authenticator::has_credentials(const sip::Message& request) const {
    const auto id = claims_.is_for_elsewhere(request) ? sip::Header::proxy_authorization
                                                      : sip::Header::authorization;
    return request.count(id) > 0;
}

std::variant<Identity, AuthenticationRefusal> Authenticator::authenticate(
    const sip::Message& request, const sip::Flow& flow, std::string_view event,
    const sip::Uri* from) {
    const bool is_trusted_peer = is_trusted(flow);
    if (is_trusted_peer) {
        if (auto identity = claims_.asserted(request)) return *std::move(identity);
    }
    // A trusted peer that asserts nothing is taken by its From.
    if (config_.auth != AuthMode::digest || is_trusted_peer) {
        auto identity = claims_.sender(request, from);
        identity.is_open = true;
        identity.is_trusted_peer = is_trusted_peer;
        identity.is_address_proven = true;
        return identity;
    }
    if (!has_credentials(request)) {
        if (auto identity = by_certificate(request, flow, event, from)) return *std::move(identity);
    }
    const auto token = tokens_.token_in(request, claims_.is_for_elsewhere(request));
    auto result = token.empty() ? by_digest(request, flow) : by_token(token, request, flow);
    const auto* identity = std::get_if<Identity>(&result);
    if (!identity || claims_.may_send(*identity, request, event, from)) return result;
    mismatched_.add();
    return refuse({identity->aor, flow, identity->aor}, 403, "From is not the authenticated user");
}

}  // namespace herald::server
