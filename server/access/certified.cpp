// server/access/certified.cpp: what a client's certificate makes of it (RFC 5922, sip.tls_clients).
#include "server/access/certified.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

/// The addresses-of-record that are named, canonical.
std::vector<std::string> users_of(const sip::CertificateNames& names) {
    std::vector<std::string> users;
    for (const std::string& text : names.uris) {
        const auto uri = sip::parse_uri(text);
        const bool is_user = uri && !uri->user.empty() &&
                             (uri->scheme == sip::Scheme::sip || uri->scheme == sip::Scheme::sips);
        if (is_user) users.push_back(sip::canonical_aor(*uri));
    }
    return users;
}

bool is_in_domain(std::string_view aor, std::string_view domain) {
    const auto at = aor.rfind('@');
    return at != std::string_view::npos && base::iequals(aor.substr(at + 1), domain);
}

/// The account that `entry` takes these users for; empty: none of them.
std::string account_of(const std::vector<std::string>& users, const CertificateEntry& entry) {
    const bool is_domain = entry.name.starts_with("*@");
    for (const std::string& user : users) {
        if (is_domain && is_in_domain(user, std::string_view(entry.name).substr(2))) return user;
        if (user == entry.name) return entry.account;
    }
    return {};
}

}  // namespace

std::optional<Certified> certified(const sip::CertificateNames& names,
                                   std::span<const CertificateEntry> entries) {
    const auto users = users_of(names);
    for (const CertificateEntry& entry : entries) {
        const bool is_host = entry.name.find('@') == std::string::npos;
        const bool is_named =
            is_host ? sip::is_for(names, entry.name)
                    : std::find(users.begin(), users.end(), entry.name) != users.end();
        if (entry.is_trusted) {
            if (is_named) return Certified{.is_trusted = true};
            continue;
        }
        std::string aor =
            is_host ? (is_named ? entry.account : std::string()) : account_of(users, entry);
        if (!aor.empty()) return Certified{.aor = std::move(aor)};
    }
    return std::nullopt;
}

}  // namespace herald::server
