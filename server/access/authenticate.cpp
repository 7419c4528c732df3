// server/access/authenticate.cpp: from a request to its proved sender: digest, a bearer token, a
// certificate, a trusted peer's assertion, or open mode.
#include "server/access/authenticate.h"

#include <algorithm>
#include <utility>

#include "base/hash128.h"
#include "base/log.h"
#include "base/text.h"
#include "server/access/authorize.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

constexpr std::size_t kMostLogged = 200;
/// How many refusals are logged: of one source, and of one shard in all.
constexpr base::RateLimit::Rate kToldOfSource{.per_second = 1, .burst = 10};
constexpr base::RateLimit::Rate kToldInAll{.per_second = 20, .burst = 200};

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

/// RFC 3323 4.1.1.3: a name that says that there is none.
constexpr std::string_view kNobody = "anonymous.invalid";

}  // namespace

bool is_anonymous(std::string_view aor) noexcept {
    return aor.empty() || domain_of(aor) == kNobody || aor.starts_with("sip:anonymous@");
}

Authenticator::Authenticator(const AuthenticatorSetup& setup)
    : config_(setup.config),
      domains_(setup.domains),
      accounts_(setup.accounts),
      aliases_(setup.aliases),
      limits_(setup.limits),
      clock_(setup.clock),
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

bool Authenticator::is_trusted(const sip::Flow& flow) const {
    const bool is_listed =
        std::any_of(config_.trusted_peers.begin(), config_.trusted_peers.end(),
                    [&](const AddressRange& range) { return range.contains(flow.peer); });
    if (is_listed) return true;
    const auto known = certified_by(flow);
    return known && known->is_trusted;
}

std::string Authenticator::certificate_of(const sip::Flow& flow) const {
    const auto names = limits_.clients->find(flow);
    return names ? sip::shown(*names) : std::string();
}

/// What the certificate at the other end means here.
std::optional<Certified> Authenticator::certified_by(const sip::Flow& flow) const {
    if (config_.tls_clients.empty()) return std::nullopt;
    const auto names = limits_.clients->find(flow);
    return names ? certified(*names, config_.tls_clients) : std::nullopt;
}

/// An account needs no password on a connection whose certificate is its own.
std::optional<Identity> Authenticator::by_certificate(const sip::Message& request,
                                                      const sip::Flow& flow, std::string_view event,
                                                      const sip::Uri* from) const {
    const auto known = certified_by(flow);
    if (!known || known->aor.empty()) return std::nullopt;
    Identity identity;
    identity.aor = aliases_.resolve(known->aor);
    identity.account = accounts_.find(identity.aor);
    identity.is_address_proven = true;
    // Another one may use the connection too: he is asked who he is.
    if (!identity.account || !may_claim(identity, request, event, from)) return std::nullopt;
    return identity;
}

/// The AOR of a From or To; empty for what cannot be read.
std::string Authenticator::aor_in(std::string_view field) const {
    const auto named = sip::parse_name_address(field);
    if (!named) return {};
    const auto uri = sip::parse_uri(named->uri);
    return uri ? domains_.aor(*uri) : std::string();
}

Identity Authenticator::from_claim(const sip::Message& request, const sip::Uri* from) const {
    Identity identity;
    identity.aor = from ? domains_.aor(*from) : aor_in(request.from());
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
        identity.is_address_proven = true;
        return identity;
    }
    return std::nullopt;
}

/// The account that a request claims, before anything is proved: RFC 8760 2.3 lets us offer what
/// this user can answer.
AccountPtr Authenticator::claimed_account(const sip::Message& request) const {
    const bool is_register = request.method() == sip::Method::register_;
    const auto aor = aor_in(is_register ? request.to() : request.from());
    return accounts_.find(aliases_.resolve(aor));
}

/// Whether this server is a proxy to it (RFC 3261 22.3).
bool Authenticator::is_for_elsewhere(const sip::Message& request) const {
    if (request.method() != sip::Method::message || !request.to_tag().empty()) return false;
    const auto uri = sip::parse_uri(request.request_uri());
    if (!uri || domains_.serves(*uri)) return false;
    return uri->has_user || !domains_.is_ours(uri->host);
}

sip::DigestServer& Authenticator::digest_for(const sip::Message& request) {
    return is_for_elsewhere(request) ? proxy_digest_ : digest_;
}

AuthenticationRefusal Authenticator::challenge(const Wanted& wanted, const sip::Message& request,
                                               const sip::Flow& flow) {
    (wanted.is_stale ? stale_ : challenged_).add();
    const auto secrets = secrets_of(wanted.account);
    const bool is_proxy = is_for_elsewhere(request);
    AuthenticationRefusal result;
    result.answer.status = is_proxy ? 407 : 401;
    result.answer.headers = digest_for(request).challenge(wanted.is_stale, &secrets, flow.peer);
    // RFC 8898 2.2: where it can be heard on its way nobody is asked for a token.
    if (tokens_.are_taken() && sip::is_secure(flow.protocol))
        result.answer.headers += tokens_.challenge(is_proxy, wanted.bearer_error);
    result.is_challenge = true;
    return result;
}

/// A line for each refusal, but not more of them than a disk can take.
void Authenticator::tell(const Subject& subject, const char* why) {
    const auto now = clock_.now();
    const bool is_told = limits_.told.take(subject.flow.peer.host(), kToldOfSource, now) == 0 &&
                         limits_.told.take("all", kToldInAll, now) == 0;
    if (!is_told) return static_cast<void>(++untold_);
    base::log_warning("auth.refused", {{"user", subject.user.substr(0, kMostLogged)},
                                       {"peer", subject.flow.peer.to_string()},
                                       {"why", why},
                                       {"untold", std::exchange(untold_, 0)}});
    refused_.tell({subject.aor, subject.user, subject.flow.peer, why});
}

AuthenticationRefusal Authenticator::refuse(const Subject& subject, int status, const char* why) {
    tell(subject, why);
    return refusal(status, why);
}

/// What is signed is what is asked for. Old phones sign their domain, or leave parameters out; in a
/// dialog requests are for our Contact, and some sign whom they watch; a REGISTER is about its To.
bool Authenticator::is_bound(std::string_view uri, const sip::Message& request) const {
    if (uri == request.request_uri()) return true;
    const auto parsed = sip::parse_uri(uri);
    if (!parsed || !domains_.is_ours(parsed->host)) return false;
    if (!parsed->has_user) return true;
    const std::string aor(aliases_.resolve(domains_.aor(*parsed)));
    const auto asked = domains_.aor(request.request_uri());
    if (asked && aliases_.resolve(*asked) == aor) return true;
    const bool is_about_to =
        request.method() == sip::Method::register_ || !request.to_tag().empty();
    return is_about_to && aliases_.resolve(aor_in(request.to())) == aor;
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
    if (!*credentials) return challenge({.account = claimed_account(request)}, request, flow);
    if (!is_bound((*credentials)->uri, request)) {
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

Authenticator::Outcome Authenticator::judge(const sip::Message& request,
                                            const sip::Credentials& credentials,
                                            const sip::Flow& flow) {
    const auto account = accounts_.by_username(credentials.username, realm_);
    // An unknown user takes as long as a wrong password: who exists stays hidden.
    const sip::DigestUser user{secrets_of(account), account ? account->aor : credentials.username};
    const Subject subject{credentials.username, flow,
                          account ? std::string_view(account->aor) : std::string_view()};
    const Guesses::Try attempt{user.name, flow.peer, is_trusted(flow)};
    if (auto later = put_off(subject, attempt)) return *std::move(later);
    auto& digest = digest_for(request);
    switch (digest.verify(request, credentials, user)) {
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
    Identity identity;
    identity.aor = account->aor;
    identity.account = account;
    identity.is_address_proven =
        sip::is_reliable(flow.protocol) || digest.was_challenged_at(credentials, flow.peer);
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
    const auto id =
        is_for_elsewhere(request) ? sip::Header::proxy_authorization : sip::Header::authorization;
    return request.count(id) > 0;
}

/// A PBX publishes and registers in the name of its phones; nobody writes or watches in another's.
bool Authenticator::may_claim(const Identity& who, const sip::Message& request,
                              std::string_view event, const sip::Uri* from) const {
    using Role = store::Account::Role;
    const auto claimed = from_claim(request, from).aor;
    if (claimed == who.aor || aliases_.resolve(claimed) == who.aor) return true;
    if (domain_of(claimed) == kNobody) return true;
    const auto role = who.account->role;
    // A device enrols as anonymous in its provider's domain (RFC 6080 5.1.4.2).
    if (request.method() == sip::Method::subscribe && is_anonymous(claimed) &&
        !accounts_.find(claimed))
        return true;
    // It is the account that watches, whatever From says.
    if (request.method() == sip::Method::subscribe)
        return role == Role::publisher || role == Role::admin;
    const bool is_register = request.method() == sip::Method::register_;
    if (!is_register && request.method() != sip::Method::publish) return false;
    if (role == Role::admin) return true;
    const auto package = is_register ? packages::registrations().profile().event : event;
    return publishes_for(*who.account, package, aliases_.resolve(claimed));
}

std::variant<Identity, AuthenticationRefusal> Authenticator::authenticate(
    const sip::Message& request, const sip::Flow& flow, std::string_view event,
    const sip::Uri* from) {
    const bool is_trusted_peer = is_trusted(flow);
    if (is_trusted_peer) {
        if (auto identity = asserted(request)) return *std::move(identity);
    }
    // A trusted peer that asserts nothing is taken by its From.
    if (config_.auth != AuthMode::digest || is_trusted_peer) {
        auto identity = from_claim(request, from);
        identity.is_open = true;
        identity.is_trusted_peer = is_trusted_peer;
        identity.is_address_proven = true;
        return identity;
    }
    if (!has_credentials(request)) {
        if (auto identity = by_certificate(request, flow, event, from)) return *std::move(identity);
    }
    const auto token = tokens_.token_in(request, is_for_elsewhere(request));
    auto result = token.empty() ? by_digest(request, flow) : by_token(token, request, flow);
    const auto* identity = std::get_if<Identity>(&result);
    if (!identity || may_claim(*identity, request, event, from)) return result;
    mismatched_.add();
    return refuse({identity->aor, flow, identity->aor}, 403, "From is not the authenticated user");
}

}  // namespace herald::server
