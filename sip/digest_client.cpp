// sip/digest_client.cpp: answers challenges (RFC 7616 3.4, RFC 8760 2.4, RFC 3261 22.2-22.3).
#include <algorithm>
#include <utility>

#include "base/id.h"
#include "base/text.h"
#include "sip/digest.h"

namespace herald::sip {
namespace {

/// Realms on one path at most: a chain of proxies and the server behind them.
constexpr std::size_t kMostChallenges = 8;
/// A nonce may turn stale between challenge and answer, but a server that says so again and again
/// is broken.
constexpr unsigned kMostAnswers = 3;
constexpr std::size_t kClientNonceBytes = 10;

/// The protection to use: the body's only where nothing else is offered, since what stands between
/// may touch bodies.
std::optional<DigestQop> choose_qop(std::optional<std::string_view> offered) {
    if (!offered || base::trim(*offered).empty()) return DigestQop::none;
    if (base::lists(*offered, "auth")) return DigestQop::auth;
    if (base::lists(*offered, "auth-int")) return DigestQop::auth_int;
    return std::nullopt;
}

std::string nonce_count(std::uint32_t nc) {
    std::string text(8, '0');
    for (std::size_t i = text.size(); i-- > 0; nc >>= 4) text[i] = "0123456789abcdef"[nc & 0xf];
    return text;
}

}  // namespace

DigestClient::DigestClient(std::string username, std::string password, DigestScope scope)
    : username_(std::move(username)),
      password_(std::move(password)),
      has_password_(true),
      scope_(std::move(scope)) {}

DigestClient::DigestClient(std::string username, DigestSecrets secrets)
    : username_(std::move(username)), secrets_(std::move(secrets)) {}

bool DigestClient::has_secret(DigestAlgorithm algorithm) const {
    return has_password_ || !secrets_.ha1[static_cast<std::size_t>(algorithm)].empty();
}

std::string DigestClient::ha1_for(const Challenge& challenge) const {
    if (!has_password_) return secrets_.ha1[static_cast<std::size_t>(challenge.algorithm)];
    return digest_ha1(challenge.algorithm, username_, challenge.realm, password_);
}

std::optional<DigestClient::Challenge> DigestClient::challenge_of(const HeaderField& field) const {
    const auto parsed = parse_auth(field.value);
    if (!parsed || !base::iequals(parsed->scheme, "Digest")) return std::nullopt;
    const auto realm = parsed->parameter("realm");
    const auto nonce = parsed->parameter("nonce");
    const auto qop = choose_qop(parsed->parameter("qop"));
    if (!realm || !nonce || !qop) return std::nullopt;
    if (!scope_.realm.empty() && *realm != scope_.realm) return std::nullopt;
    if (scope_.requires_qop && *qop == DigestQop::none) return std::nullopt;

    Challenge read;
    const auto algorithm = parsed->parameter("algorithm");
    const auto variant = digest_variant_of(algorithm.value_or("MD5"));
    if (!variant || !has_secret(variant->algorithm)) return std::nullopt;
    // A session key needs a cnonce, which RFC 2069 has no place for.
    if (variant->is_session && *qop == DigestQop::none) return std::nullopt;

    read.algorithm = variant->algorithm;
    read.is_session = variant->is_session;
    read.has_algorithm = algorithm.has_value();
    read.qop = *qop;
    read.realm = *realm;
    read.nonce = *nonce;
    const auto opaque = parsed->parameter("opaque");
    read.has_opaque = opaque.has_value();
    read.opaque = opaque.value_or("");
    read.wants_userhash = base::iequals(parsed->parameter("userhash").value_or(""), "true");
    read.is_stale = base::iequals(base::trim(parsed->parameter("stale").value_or("")), "true");
    read.is_proxy = field.id == Header::proxy_authenticate;
    read.cnonce = base::random_token(kClientNonceBytes);
    return read;
}

std::vector<DigestClient::Challenge> DigestClient::strongest_of(const Message& response) const {
    std::vector<Challenge> strongest;
    for (const HeaderField& field : response.fields()) {
        if (field.id != Header::www_authenticate && field.id != Header::proxy_authenticate)
            continue;
        auto offered = challenge_of(field);
        if (!offered) continue;
        const auto same = std::find_if(strongest.begin(), strongest.end(), [&](const auto& other) {
            return other.realm == offered->realm && other.is_proxy == offered->is_proxy;
        });
        if (same == strongest.end()) {
            if (strongest.size() < kMostChallenges) strongest.push_back(std::move(*offered));
        } else if (offered->algorithm > same->algorithm) {
            *same = std::move(*offered);
        }
    }
    return strongest;
}

bool DigestClient::adopt(Challenge challenge) {
    const auto known = std::find_if(challenges_.begin(), challenges_.end(), [&](const auto& other) {
        return other.realm == challenge.realm && other.is_proxy == challenge.is_proxy;
    });
    if (known == challenges_.end()) {
        if (challenges_.size() == kMostChallenges) challenges_.erase(challenges_.begin());
        challenge.answers = 1;
        challenges_.push_back(std::move(challenge));
        return true;
    }
    const bool was_refused = known->answers > 0 && !challenge.is_stale;
    if (was_refused || known->answers >= kMostAnswers) return false;
    challenge.answers = known->answers + 1;
    // The same nonce again counts on, else the answer would look like a replay.
    if (challenge.nonce == known->nonce) challenge.nc = known->nc;
    *known = std::move(challenge);
    return true;
}

bool DigestClient::take(const Message& response) {
    std::vector<Challenge> offered = strongest_of(response);
    if (offered.empty()) return false;
    for (Challenge& challenge : offered) {
        if (!adopt(std::move(challenge))) return false;
    }
    return true;
}

std::optional<std::string> DigestClient::answer(const Message& response, std::string_view method,
                                                std::string_view uri, std::string_view body) {
    if (!take(response)) return std::nullopt;
    return sign(method, uri, body);
}

std::optional<std::string> DigestClient::next(std::string_view method, std::string_view uri,
                                              std::string_view body) {
    if (challenges_.empty()) return std::nullopt;
    // A new request: a server that forgot its nonces and says so without stale=true is answered
    // once more.
    for (Challenge& challenge : challenges_) challenge.answers = 0;
    return sign(method, uri, body);
}

void DigestClient::learn(const Message& response) {
    for (Challenge& challenge : challenges_) challenge.answers = 0;
    const auto info = response.header(Header::authentication_info);
    if (!info) return;
    // The line has no scheme in front of its parameters.
    const auto parsed = parse_auth("Digest " + std::string(*info));
    if (!parsed) return;
    const auto next_nonce = parsed->parameter("nextnonce");
    const auto cnonce = parsed->parameter("cnonce");
    if (!next_nonce || next_nonce->empty()) return;
    for (Challenge& challenge : challenges_) {
        // The cnonce tells which of the realms it is about.
        if (challenge.is_proxy || challenge.is_session || (cnonce && *cnonce != challenge.cnonce))
            continue;
        challenge.nonce = *next_nonce;
        challenge.nc = 0;
    }
}

std::string DigestClient::sign(std::string_view method, std::string_view uri,
                               std::string_view body) {
    std::string all;
    for (Challenge& challenge : challenges_) all += line(challenge, method, uri, body);
    return all;
}

std::string DigestClient::line(Challenge& challenge, std::string_view method, std::string_view uri,
                               std::string_view body) const {
    const std::string nc = nonce_count(++challenge.nc);
    const std::string response = digest_response({.algorithm = challenge.algorithm,
                                                  .is_session = challenge.is_session,
                                                  .qop = challenge.qop,
                                                  .ha1 = ha1_for(challenge),
                                                  .method = method,
                                                  .uri = uri,
                                                  .nonce = challenge.nonce,
                                                  .nc = nc,
                                                  .cnonce = challenge.cnonce,
                                                  .body = body});
    const std::string username =
        challenge.wants_userhash ? digest_userhash(challenge.algorithm, username_, challenge.realm)
                                 : username_;
    std::string text = challenge.is_proxy ? "Proxy-Authorization" : "Authorization";
    text += ": Digest username=" + digest_quoted(username);
    text += ", realm=" + digest_quoted(challenge.realm);
    text += ", nonce=" + digest_quoted(challenge.nonce);
    text += ", uri=" + digest_quoted(uri) + ", response=\"" + response + '"';
    if (challenge.has_algorithm) {
        text.append(", algorithm=").append(name_of(challenge.algorithm));
        if (challenge.is_session) text += "-sess";
    }
    if (challenge.has_opaque) text += ", opaque=" + digest_quoted(challenge.opaque);
    if (challenge.qop != DigestQop::none) {
        text += challenge.qop == DigestQop::auth ? ", qop=auth" : ", qop=auth-int";
        text += ", nc=" + nc + ", cnonce=\"" + challenge.cnonce + '"';
    }
    if (challenge.wants_userhash) text += ", userhash=true";
    return text + "\r\n";
}

}  // namespace herald::sip
