// server/access/bearer_tokens.cpp: who a request comes from by the bearer token it brings (RFC
// 8898).
#include "server/access/bearer_tokens.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "sip/digest.h"

namespace herald::server {

namespace {

constexpr std::string_view kScheme = "Bearer";

/// The most that a scope allows; nullopt: none of them counts.
std::optional<store::Account::Role> role_of(const std::vector<std::string>& scopes,
                                            const std::vector<ScopeRole>& known) {
    std::optional<store::Account::Role> role;
    for (const ScopeRole& each : known) {
        const bool is_there = std::find(scopes.begin(), scopes.end(), each.scope) != scopes.end();
        if (is_there && (!role || each.role > *role)) role = each.role;
    }
    return role;
}

}  // namespace

std::string_view BearerTokens::token_in(const sip::Message& request, bool is_proxy) const {
    if (!keys_) return {};
    const auto wanted = is_proxy ? sip::Header::proxy_authorization : sip::Header::authorization;
    for (const auto& field : request.fields()) {
        const auto parts = base::split_once(field.value, ' ');
        if (field.id == wanted && base::iequals(parts.before, kScheme))
            return base::trim(parts.after);
    }
    return {};
}

Result<BearerTokens::Holder> BearerTokens::holder_of(std::string_view token,
                                                     base::WallTime now) const {
    auto claims = read_bearer(token, *keys_,
                              {.issuer = config_.bearer_issuer,
                               .audience = config_.bearer_audience,
                               .claim = config_.bearer_claim,
                               .clock_skew = config_.bearer_clock_skew,
                               .now = now});
    if (!claims) return claims.fault();
    Holder holder{.user = std::move(claims->user)};
    if (config_.bearer_scopes.empty()) return holder;
    const auto role = role_of(claims->scopes, config_.bearer_scopes);
    if (!role) return Fault{FaultKind::not_acceptable, "it has no scope that counts"};
    holder.role = *role;
    return holder;
}

std::string BearerTokens::challenge(bool is_proxy, std::string_view error) const {
    const auto& server =
        config_.bearer_server.empty() ? config_.bearer_issuer : config_.bearer_server;
    std::string line = is_proxy ? "Proxy-Authenticate: Bearer authz_server="
                                : "WWW-Authenticate: Bearer authz_server=";
    line += sip::digest_quoted(server) + ", realm=" + sip::digest_quoted(realm_);
    std::string scopes;
    for (const ScopeRole& each : config_.bearer_scopes)
        scopes += (scopes.empty() ? "" : " ") + each.scope;
    if (!scopes.empty()) line += ", scope=" + sip::digest_quoted(scopes);
    if (!error.empty()) line += ", error=" + sip::digest_quoted(error);
    return line + "\r\n";
}

}  // namespace herald::server
