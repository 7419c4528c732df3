// sip/digest_server.cpp: challenges, and the checks of the credentials they bring (RFC
// 7616 3.3-3.5, RFC 8760 2).
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "sip/digest.h"
#include "sip/nonce.h"

namespace herald::sip {
namespace {

constexpr std::size_t kNonceCountDigits = 8;

Fault malformed_credentials(std::string detail) {
    return {FaultKind::malformed, std::move(detail)};
}

bool is_digest(std::string_view value) noexcept {
    value = base::trim(value);
    return base::istarts_with(value, "Digest") && value.size() > 6 &&
           (value[6] == ' ' || value[6] == '\t');
}

/// charset'language'percent-encoded (RFC 8187 3.2.1), UTF-8 only.
std::optional<std::string> extended_value(std::string_view text) {
    const base::Split charset = base::split_once(text, '\'');
    const base::Split language = base::split_once(charset.after, '\'');
    if (!language.found || !base::iequals(charset.before, "UTF-8")) return std::nullopt;
    std::string decoded = base::percent_decode(language.after);
    if (!base::is_utf8(decoded)) return std::nullopt;
    return decoded;
}

/// Where a hash is not offered the parameter says nothing, and the name is what it looks like.
Status read_username(const AuthField& field, bool may_be_hashed, Credentials& into) {
    const auto plain = field.parameter("username");
    const auto extended = field.parameter("username*");
    into.is_hashed =
        may_be_hashed && base::iequals(field.parameter("userhash").value_or(""), "true");
    if (plain && extended) return malformed_credentials("both username and username*");
    if (plain) {
        into.username = into.is_hashed ? base::lower(*plain) : std::string(*plain);
        return {};
    }
    if (!extended) return malformed_credentials("username missing");
    if (into.is_hashed) return malformed_credentials("username* with userhash");
    auto decoded = extended_value(*extended);
    if (!decoded) return malformed_credentials("username* not understood");
    into.username = std::move(*decoded);
    return {};
}

Status read_nonce_count(const AuthField& field, Credentials& into) {
    const auto cnonce = field.parameter("cnonce");
    const auto nc = field.parameter("nc");
    if (!cnonce || cnonce->empty()) return malformed_credentials("cnonce missing");
    if (!nc) return malformed_credentials("nc missing");
    if (nc->size() != kNonceCountDigits) return malformed_credentials("nc is not 8 hex digits");
    for (const char c : *nc) {
        const int digit = base::hex_value(c);
        if (digit < 0) return malformed_credentials("nc is not 8 hex digits");
        into.nc = into.nc << 4 | static_cast<std::uint32_t>(digit);
    }
    into.cnonce = *cnonce;
    into.nc_text = *nc;
    return {};
}

bool has(const DigestSecrets& secrets, DigestAlgorithm algorithm) noexcept {
    return !secrets.ha1[static_cast<std::size_t>(algorithm)].empty();
}

/// Whether what cannot be read may be about `realm`.
bool mentions(std::string_view field, std::string_view realm) {
    return field.find(digest_quoted(realm)) != std::string_view::npos;
}

std::string_view qop_name(DigestQop qop) noexcept {
    return qop == DigestQop::auth_int ? "auth-int" : "auth";
}

}  // namespace

struct DigestServer::State {
    Options options;
    base::HashKey key;
    const base::Clock& clock;
    const base::Duration offset;  ///< of the wall clock, as it was at the start
    NonceMint mint;
    std::shared_ptr<ReplayLedger> ledger;

    State(Options given, const base::HashKey& hash_key, const base::Clock& given_clock)
        : options(std::move(given)),
          key(hash_key),
          clock(given_clock),
          offset(given_clock.wall().time_since_epoch() - given_clock.now().time_since_epoch()),
          mint(hash_key, (options.is_proxy ? "proxy " : "server ") + options.realm, options.run),
          ledger(options.ledger ? options.ledger
                                : std::make_shared<ReplayLedger>(options.replay_windows)) {}

    /// A wall clock that is set makes no nonce of this run older.
    base::WallTime now() const {
        const auto now = clock.now().time_since_epoch() + offset;
        return base::WallTime(std::chrono::floor<std::chrono::milliseconds>(now));
    }

    bool offers(DigestAlgorithm algorithm) const {
        return std::find(options.algorithms.begin(), options.algorithms.end(), algorithm) !=
               options.algorithms.end();
    }

    bool offers_userhash(DigestAlgorithm algorithm) const {
        return options.offer_userhash && algorithm != DigestAlgorithm::md5;
    }

    Status read_qop(const AuthField& field, Credentials& into) const;
    Result<std::optional<Credentials>> credentials_of(const AuthField& field) const;
    bool is_fresh(const Nonce& nonce) const;
    bool can_answer(const DigestSecrets& secrets) const;
    std::uint64_t series_of(const Credentials& credentials, std::string_view user) const;
};

Status DigestServer::State::read_qop(const AuthField& field, Credentials& into) const {
    const auto qop = field.parameter("qop");
    if (!qop || qop->empty()) {
        if (!options.allow_rfc2069) return malformed_credentials("qop missing");
        if (into.is_session) return malformed_credentials("session algorithm without qop");
        return {};
    }
    const std::string_view name = base::trim(*qop);
    if (base::iequals(name, "auth")) {
        into.qop = DigestQop::auth;
    } else if (options.offer_auth_int && base::iequals(name, "auth-int")) {
        into.qop = DigestQop::auth_int;
    } else {
        return malformed_credentials("qop not offered");
    }
    return read_nonce_count(field, into);
}

Result<std::optional<Credentials>> DigestServer::State::credentials_of(
    const AuthField& field) const {
    if (field.parameter("realm") != options.realm) return std::optional<Credentials>();
    const auto nonce = field.parameter("nonce");
    // Some devices send their name with nothing to prove it, to be challenged as that user.
    const bool is_proof = field.parameter("response") != "" && (!nonce || mint.read(*nonce));
    if (!is_proof) return std::optional<Credentials>();
    Credentials read;
    // No algorithm means MD5 (RFC 7616 3.3).
    const auto variant = digest_variant_of(field.parameter("algorithm").value_or("MD5"));
    if (!variant) return std::optional<Credentials>();
    read.algorithm = variant->algorithm;
    read.is_session = variant->is_session;
    const std::pair<std::string_view, std::string Credentials::*> mandatory[] = {
        {"realm", &Credentials::realm},
        {"nonce", &Credentials::nonce},
        {"uri", &Credentials::uri},
        {"response", &Credentials::response}};
    for (const auto& [name, member] : mandatory) {
        const auto value = field.parameter(name);
        if (!value) return malformed_credentials(std::string(name) + " missing");
        read.*member = *value;
    }
    read.opaque = field.parameter("opaque").value_or("");
    if (auto status = read_username(field, offers_userhash(read.algorithm), read); !status)
        return status.fault();
    if (auto status = read_qop(field, read); !status) return status.fault();
    return std::optional<Credentials>(std::move(read));
}

bool DigestServer::State::is_fresh(const Nonce& nonce) const {
    if (nonce.run != mint.run()) return false;
    // Shards that started a little apart issue them for each other.
    const auto age = now() - nonce.issued;
    return age <= options.nonce_life && -age <= options.nonce_life;
}

bool DigestServer::State::can_answer(const DigestSecrets& secrets) const {
    return std::any_of(options.algorithms.begin(), options.algorithms.end(),
                       [&](DigestAlgorithm each) { return has(secrets, each); });
}

std::uint64_t DigestServer::State::series_of(const Credentials& credentials,
                                             std::string_view user) const {
    // nc 00000001 with a cnonce of its own is a series of its own, where old phones are let in.
    const bool is_stuck = options.allow_stuck_nc && credentials.nc == 1;
    std::string name = base::lower(credentials.nonce);
    name.append(1, ' ').append(user);
    if (is_stuck) name.append(1, '\0').append(credentials.cnonce);
    return base::keyed_hash(key, name);
}

DigestServer::DigestServer(Options options, const base::HashKey& key, const base::Clock& clock)
    : state_(std::make_unique<State>(std::move(options), key, clock)) {}

DigestServer::~DigestServer() = default;

bool DigestServer::was_challenged_at(const Credentials& credentials,
                                     const Endpoint& address) const {
    const auto nonce = state_->mint.read(credentials.nonce);
    return nonce && state_->mint.was_sent_to(*nonce, address);
}

std::string DigestServer::challenge(bool is_stale, const DigestSecrets* whose,
                                    const Endpoint& to) const {
    const Options& options = state_->options;
    const bool is_narrow = whose != nullptr && state_->can_answer(*whose);
    const std::string nonce = state_->mint.issue(state_->now(), to);
    std::string lines;
    for (const DigestAlgorithm algorithm : options.algorithms) {
        if (is_narrow && !has(*whose, algorithm)) continue;
        lines += options.is_proxy ? "Proxy-Authenticate" : "WWW-Authenticate";
        lines += ": Digest realm=" + digest_quoted(options.realm) + ", nonce=\"" + nonce + '"';
        lines.append(", algorithm=").append(name_of(algorithm));
        lines += options.offer_auth_int ? ", qop=\"auth,auth-int\"" : ", qop=\"auth\"";
        if (state_->offers_userhash(algorithm)) lines += ", userhash=true";
        if (is_stale) lines += ", stale=true";
        lines += "\r\n";
    }
    return lines;
}

Result<std::optional<Credentials>> DigestServer::read(const Message& request) const {
    const Header wanted =
        state_->options.is_proxy ? Header::proxy_authorization : Header::authorization;
    for (const HeaderField& field : request.fields()) {
        if (field.id != wanted || !is_digest(field.value)) continue;
        auto parsed = parse_auth(field.value);
        // What is meant for another realm need not make sense to us (RFC 3261 8.2.2).
        if (!parsed && !mentions(field.value, state_->options.realm)) continue;
        if (!parsed) return parsed.fault();
        auto credentials = state_->credentials_of(*parsed);
        if (!credentials || *credentials) return credentials;
    }
    return std::optional<Credentials>();
}

DigestServer::Verdict DigestServer::verify(const Message& request, const Credentials& credentials,
                                           const DigestUser& user) {
    const bool is_offered = state_->offers(credentials.algorithm);
    const bool has_one = is_offered && has(user.secrets, credentials.algorithm);
    if (!has_one && state_->can_answer(user.secrets)) return Verdict::other_algorithm;
    const std::string& ha1 = user.secrets.ha1[static_cast<std::size_t>(credentials.algorithm)];
    const std::string expected = digest_response({.algorithm = credentials.algorithm,
                                                  .is_session = credentials.is_session,
                                                  .qop = credentials.qop,
                                                  .ha1 = ha1,
                                                  .method = request.method_text(),
                                                  .uri = credentials.uri,
                                                  .nonce = credentials.nonce,
                                                  .nc = credentials.nc_text,
                                                  .cnonce = credentials.cnonce,
                                                  .body = request.body()});
    const bool matches = base::equal_in_constant_time(base::lower(credentials.response), expected);
    // The hash is computed for unknown users too: what is missing must not show in the time taken.
    if (!matches || !has_one || expected.empty()) return Verdict::wrong;
    const auto nonce = state_->mint.read(credentials.nonce);
    if (!nonce) return Verdict::wrong;
    if (!state_->is_fresh(*nonce)) return Verdict::stale;
    if (credentials.qop == DigestQop::none) return Verdict::accepted;
    const bool is_new =
        state_->ledger->admit({state_->series_of(credentials, user.name), nonce->issued},
                              credentials.nc, state_->now() - state_->options.nonce_life);
    return is_new ? Verdict::accepted : Verdict::stale;
}

bool DigestServer::is_ageing(const Credentials& credentials) const {
    // A session key is bound to the nonce it began with.
    if (credentials.is_session || credentials.qop == DigestQop::none) return false;
    const auto nonce = state_->mint.read(credentials.nonce);
    return !nonce || 2 * (state_->now() - nonce->issued) > state_->options.nonce_life;
}

std::string DigestServer::authentication_info(const Credentials& credentials,
                                              const DigestSecrets& secrets,
                                              std::string_view response_body,
                                              const Endpoint& to) const {
    if (credentials.qop == DigestQop::none) return {};
    const std::string proof =
        digest_response({.algorithm = credentials.algorithm,
                         .is_session = credentials.is_session,
                         .qop = credentials.qop,
                         .ha1 = secrets.ha1[static_cast<std::size_t>(credentials.algorithm)],
                         .method = {},
                         .uri = credentials.uri,
                         .nonce = credentials.nonce,
                         .nc = credentials.nc_text,
                         .cnonce = credentials.cnonce,
                         .body = response_body});
    std::string line =
        state_->options.is_proxy ? "Proxy-Authentication-Info: " : "Authentication-Info: ";
    if (is_ageing(credentials)) {
        line += "nextnonce=\"" + state_->mint.issue(state_->now(), to) + "\", ";
    }
    line.append("qop=").append(qop_name(credentials.qop));
    line += ", rspauth=\"" + proof + "\", cnonce=" + digest_quoted(credentials.cnonce);
    line += ", nc=" + credentials.nc_text + "\r\n";
    return line;
}

}  // namespace herald::sip
