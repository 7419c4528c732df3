// tests/support/certificates.cpp: an authority for one test.
#include "tests/support/certificates.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tests/support/key_pointer.h"

namespace herald::test {
namespace {

struct FreeCertificate {
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
using CertificatePtr = std::unique_ptr<X509, FreeCertificate>;

KeyPtr new_key() {
    return KeyPtr(EVP_EC_gen("P-256"));
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const made = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    if (made == nullptr) std::abort();
    X509_add_ext(certificate, made, -1);
    X509_EXTENSION_free(made);
}

CertificatePtr new_certificate(EVP_PKEY* key, const std::string& common_name, int days) {
    static long serial = 0;
    constexpr long kDay = 86400;
    CertificatePtr made(X509_new());
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), days < 0 ? (days - 1) * kDay : -kDay);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), days * kDay);
    X509_set_pubkey(made.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                               0);
    return made;
}

void write(const std::string& path, X509* certificate, EVP_PKEY* key) {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    if (file == nullptr) std::abort();
    if (certificate != nullptr) PEM_write_X509(file, certificate);
    if (key != nullptr) PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
}

}  // namespace

struct Authority::Keys {
    KeyPtr key = new_key();
    CertificatePtr certificate = new_certificate(key.get(), "Authority", 2);
    int issued = 0;
};

Authority::Authority() : keys_(std::make_unique<Keys>()) {
    char folder[] = "/tmp/herald-certificates-XXXXXX";
    if (mkdtemp(folder) == nullptr) std::abort();
    folder_ = folder;
    file_ = path("authority.pem");
    X509* const own = keys_->certificate.get();
    X509_set_issuer_name(own, X509_get_subject_name(own));
    extend(own, own, NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(own, keys_->key.get(), EVP_sha256());
    write(file_, own, nullptr);
}

Authority::~Authority() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

sip::TlsPair Authority::issue(const Wanted& wanted) const {
    const KeyPtr key = new_key();
    const CertificatePtr made = new_certificate(key.get(), wanted.common_name, wanted.days);
    X509* const issuer = wanted.is_self ? made.get() : keys_->certificate.get();
    X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
    if (!wanted.names.empty()) extend(made.get(), issuer, NID_subject_alt_name, wanted.names);
    if (!wanted.usage.empty()) extend(made.get(), issuer, NID_ext_key_usage, wanted.usage);
    X509_sign(made.get(), wanted.is_self ? key.get() : keys_->key.get(), EVP_sha256());

    const std::string name = path("issued-" + std::to_string(++keys_->issued));
    write(name + ".pem", made.get(), nullptr);
    write(name + ".key", nullptr, key.get());
    return {name + ".pem", name + ".key"};
}

}  // namespace herald::test
