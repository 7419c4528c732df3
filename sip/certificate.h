// sip/certificate.h: whom a certificate names, and whether that is who was meant (RFC 5922 7).
#pragma once

#include <string>
#include <string_view>
#include <vector>

struct x509_st;

namespace herald::sip {

/// What a certificate says of its owner: the subjectAltName, and the common name only where there
/// is none of those at all (RFC 5922 7.1).
struct CertificateNames {
    std::vector<std::string> uris;       ///< as written: "sip:example.com", "sip:alice@example.com"
    std::vector<std::string> hosts;      ///< DNS names, lower case
    std::vector<std::string> addresses;  ///< numeric, IPv6 without brackets
};

CertificateNames names_of(const x509_st& certificate);

/// The SIP domains it stands for: those of its URIs without a user, or else its DNS names.
std::vector<std::string> domains_of(const CertificateNames& names);

/// Whether it is the certificate of `domain`, a host name or a numeric address as in a URI: the
/// whole name, whatever its case; a wildcard stands for nobody (RFC 5922 7.2).
bool is_for(const CertificateNames& names, std::string_view domain);

/// Whether its owner may use it for SIP: it says nothing of its use, or SIP, TLS or anything
/// (RFC 5924).
bool may_be_used_for_sip(const x509_st& certificate);

/// Whom it names, for people: its first name, or "nobody".
std::string shown(const CertificateNames& names);

}  // namespace herald::sip
