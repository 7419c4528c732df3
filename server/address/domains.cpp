// server/address/domains.cpp: which hosts are ours, and the canonical name of a resource in them.
#include "server/address/domains.h"

#include <algorithm>

#include "base/text.h"

namespace herald::server {

namespace {

bool has_known_scheme(const sip::Uri& uri) {
    return uri.scheme == sip::Scheme::sip || uri.scheme == sip::Scheme::sips ||
           uri.scheme == sip::Scheme::pres || uri.scheme == sip::Scheme::im;
}

constexpr std::size_t kFew = 8;

}  // namespace

Domains::Domains(const std::vector<std::string>& configured,
                 const std::vector<sip::ListenerAddress>& listeners, const HostAliases& aliases) {
    for (const auto& name : configured) names_.push_back(sip::canonical_host(name));
    if (names_.empty()) names_.emplace_back("localhost");
    hosts_.insert(names_.begin(), names_.end());
    for (const auto& listener : listeners) {
        ports_.insert(listener.port);
        ports_.insert(listener.bound.port());
        listeners_.insert(sip::canonical_host(listener.host));
        if (!listener.bound.is_any()) listeners_.insert(sip::canonical_host(listener.bound.host()));
    }
    if (configured.empty()) hosts_.insert(listeners_.begin(), listeners_.end());
    for (const auto& [host, domain] : aliases) {
        hosts_.insert(sip::canonical_host(host));
        aliases_.emplace(sip::canonical_host(host), sip::canonical_host(domain));
    }
    ports_.insert({0, 5060, 5061});
    if (hosts_.size() <= kFew) few_hosts_.assign(hosts_.begin(), hosts_.end());
}

bool Domains::serves(const sip::Uri& uri) const {
    if (!has_known_scheme(uri) || ports_.count(uri.port) == 0) return false;
    return serves_host(uri.host) || (!uri.has_user && serves_host(network_domain(uri.host)));
}

bool Domains::has_host(std::string_view canonical) const {
    if (few_hosts_.empty()) return hosts_.contains(canonical);
    return std::find(few_hosts_.begin(), few_hosts_.end(), canonical) != few_hosts_.end();
}

bool Domains::serves_host(std::string_view host) const {
    return sip::is_canonical_host(host) ? has_host(host) : has_host(sip::canonical_host(host));
}

bool Domains::is_ours(std::string_view host) const {
    return serves_host(host) || listeners_.contains(sip::canonical_host(host));
}

std::string Domains::aor(const sip::Uri& uri) const {
    if (!serves(uri)) return sip::canonical_aor(uri);
    sip::Uri bare = uri;
    bare.port = 0;
    if (!aliases_.empty()) {
        const auto other = aliases_.find(sip::canonical_host(uri.host));
        if (other != aliases_.end()) bare.host = other->second;
    }
    return sip::canonical_aor(bare);
}

bool Domains::names_somebody(const sip::Uri& uri) noexcept {
    return has_known_scheme(uri) && !uri.host.empty();
}

std::optional<std::string> Domains::aor(std::string_view text) const {
    std::string with_scheme;
    if (text.find(':') == std::string_view::npos) {
        with_scheme = "sip:";
        with_scheme += text;
        text = with_scheme;
    }
    const auto uri = sip::parse_uri(text);
    if (!uri || !names_somebody(*uri)) return std::nullopt;
    return aor(*uri);
}

std::string_view network_domain(std::string_view host) noexcept {
    constexpr std::string_view kLabel = "_sipuaconfig.";
    return base::istarts_with(host, kLabel) ? host.substr(kLabel.size()) : std::string_view();
}

std::string_view domain_of(std::string_view aor) noexcept {
    const auto at = aor.rfind('@');
    if (at != std::string_view::npos) return aor.substr(at + 1);
    return base::split_once(aor, ':').after;
}

}  // namespace herald::server
