// sip/certificate.cpp: whom a certificate names, and whether that is who was meant (RFC 5922 7).
#include "sip/certificate.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include <arpa/inet.h>

#include <openssl/x509v3.h>

#include "base/text.h"
#include "sip/endpoint.h"
#include "sip/uri.h"

namespace herald::sip {
namespace {

struct FreeNames {
    void operator()(GENERAL_NAMES* names) const noexcept { GENERAL_NAMES_free(names); }
};
struct FreeUsage {
    void operator()(EXTENDED_KEY_USAGE* usage) const noexcept { EXTENDED_KEY_USAGE_free(usage); }
};

/// id-kp-sipDomain (RFC 5924 4).
constexpr std::string_view kSipUsage = "1.3.6.1.5.5.7.3.20";

/// A NUL within would end the name earlier for others than for us: such a name is none.
std::string asn1_text(const ASN1_STRING* string) {
    const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(string));
    std::string text(bytes, static_cast<std::size_t>(ASN1_STRING_length(string)));
    return text.find('\0') == std::string::npos ? text : std::string();
}

void append(std::vector<std::string>& list, std::string text) {
    if (!text.empty()) list.push_back(std::move(text));
}

std::string numeric_text(const ASN1_OCTET_STRING* address) {
    const int size = ASN1_STRING_length(address);
    if (size != 4 && size != 16) return {};
    char text[INET6_ADDRSTRLEN];
    const int family = size == 4 ? AF_INET : AF_INET6;
    const char* const done = inet_ntop(family, ASN1_STRING_get0_data(address), text, sizeof text);
    return done == nullptr ? std::string() : std::string(done);
}

void append_name(CertificateNames& names, const GENERAL_NAME& name) {
    switch (name.type) {
        case GEN_URI:
            return append(names.uris, asn1_text(name.d.uniformResourceIdentifier));
        case GEN_DNS:
            return append(names.hosts, base::lower(asn1_text(name.d.dNSName)));
        case GEN_IPADD:
            return append(names.addresses, numeric_text(name.d.iPAddress));
        default:
            return;
    }
}

void append_common_name(CertificateNames& names, const X509& certificate) {
    X509_NAME* const subject = X509_get_subject_name(&certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0) return;
    const X509_NAME_ENTRY* const entry = X509_NAME_get_entry(subject, at);
    append(names.hosts, base::lower(asn1_text(X509_NAME_ENTRY_get_data(entry))));
}

/// The host of a sip: or sips: URI without a user; empty for others.
std::string domain_of(const std::string& text) {
    const Result<Uri> uri = parse_uri(text);
    if (!uri || (uri->scheme != Scheme::sip && uri->scheme != Scheme::sips)) return {};
    return uri->user.empty() ? base::lower(uri->host) : std::string();
}

bool is_same_address(std::string_view a, std::string_view b) {
    const auto first = Endpoint::from(a, 0);
    return first && first == Endpoint::from(b, 0);
}

}  // namespace

CertificateNames names_of(const x509_st& certificate) {
    CertificateNames names;
    const std::unique_ptr<GENERAL_NAMES, FreeNames> list(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
    if (!list) {
        // One that cannot be read is there all the same.
        if (X509_get_ext_by_NID(&certificate, NID_subject_alt_name, -1) < 0) {
            append_common_name(names, certificate);
        }
        return names;
    }
    for (int i = 0; i < sk_GENERAL_NAME_num(list.get()); ++i) {
        append_name(names, *sk_GENERAL_NAME_value(list.get(), i));
    }
    return names;
}

std::vector<std::string> domains_of(const CertificateNames& names) {
    std::vector<std::string> domains;
    for (const std::string& uri : names.uris) append(domains, domain_of(uri));
    return domains.empty() ? names.hosts : domains;
}

bool is_for(const CertificateNames& names, std::string_view domain) {
    if (Endpoint::from(domain, 0)) {
        return std::any_of(names.addresses.begin(), names.addresses.end(),
                           [&](const std::string& its) { return is_same_address(its, domain); });
    }
    const std::vector<std::string> domains = domains_of(names);
    return std::any_of(domains.begin(), domains.end(), [&](const std::string& its) {
        return its.find('*') == std::string::npos && base::iequals(its, domain);
    });
}

bool may_be_used_for_sip(const x509_st& certificate) {
    int is_critical = -1;  // and -2: it has several, which nobody can read
    const std::unique_ptr<EXTENDED_KEY_USAGE, FreeUsage> usage(static_cast<EXTENDED_KEY_USAGE*>(
        X509_get_ext_d2i(&certificate, NID_ext_key_usage, &is_critical, nullptr)));
    if (!usage) return is_critical == -1;
    for (int i = 0; i < sk_ASN1_OBJECT_num(usage.get()); ++i) {
        const ASN1_OBJECT* const object = sk_ASN1_OBJECT_value(usage.get(), i);
        const int known = OBJ_obj2nid(object);
        if (known == NID_anyExtendedKeyUsage || known == NID_server_auth ||
            known == NID_client_auth) {
            return true;
        }
        char text[64];
        OBJ_obj2txt(text, sizeof text, object, 1);
        if (text == kSipUsage) return true;
    }
    return false;
}

std::string shown(const CertificateNames& names) {
    for (const auto* list : {&names.hosts, &names.uris, &names.addresses}) {
        if (!list->empty()) return list->front();
    }
    return "nobody";
}

}  // namespace herald::sip
