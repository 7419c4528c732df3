// server/access/certified.h: what a client's certificate makes of it (RFC 5922, sip.tls_clients).
#pragma once

#include <optional>
#include <span>
#include <string>

#include "server/config/config.h"
#include "sip/certificate.h"

namespace herald::server {

/// Who holds a certificate.
struct Certified {
    bool is_trusted = false;  ///< a peer like those of sip.trusted_peers
    std::string aor{};        ///< canonical, of the account; empty for a trusted peer
    friend bool operator==(const Certified&, const Certified&) = default;
};

/// The first of `entries` that fits one of `names`; nullopt: none does, and the certificate means
/// nothing. An entry for a host fits as RFC 5922 7.2 compares, one for an address-of-record fits a
/// URI with that user.
std::optional<Certified> certified(const sip::CertificateNames& names,
                                   std::span<const CertificateEntry> entries);

}  // namespace herald::server
