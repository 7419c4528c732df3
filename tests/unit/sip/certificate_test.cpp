// tests/unit/sip/certificate_test.cpp: whom a certificate names (RFC 5922 7).
#include "sip/certificate.h"

#include <cstdio>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <openssl/pem.h>

#include "tests/support/certificates.h"

namespace herald::sip::certificate_test {

using test::Authority;

namespace {

std::unique_ptr<X509, decltype(&X509_free)> read(const std::string& path) {
    std::FILE* const file = std::fopen(path.c_str(), "r");
    REQUIRE(file != nullptr);
    X509* const certificate = PEM_read_X509(file, nullptr, nullptr, nullptr);
    std::fclose(file);
    REQUIRE(certificate != nullptr);
    return {certificate, X509_free};
}

}  // namespace

TEST_CASE("RFC 5922 7.1: URIs without a user count, then DNS names, the common name alone last") {
    const Authority authority;
    const struct {
        const char* names;
        const char* domain;
        bool is_right;
    } cases[] = {
        {"DNS:example.com", "example.com", true},
        {"DNS:example.com", "EXAMPLE.com", true},
        {"DNS:Example.Com", "example.com", true},
        {"DNS:example.com", "somebody", false},
        {"", "somebody", true},
        {"email:a@example.com", "somebody", false},
        {"URI:sip:example.com,DNS:example.net", "example.com", true},
        {"URI:sip:example.com,DNS:example.net", "example.net", false},
        {"URI:sip:alice@example.com,DNS:example.net", "example.net", true},
        {"URI:sip:alice@example.com", "example.com", false},
        {"URI:https://example.com,DNS:example.net", "example.net", true},
        {"DNS:*.example.com", "pres.example.com", false},
        {"DNS:example.com", "pres.example.com", false},
        {"DNS:pres.example.com", "example.com", false},
        {"IP:192.0.2.1", "192.0.2.1", true},
        {"IP:2001:db8::1", "2001:db8:0::1", true},
        {"DNS:192.0.2.1", "192.0.2.1", false},
        {"IP:192.0.2.1", "192.0.2.2", false},
    };
    for (const auto& its : cases) {
        CAPTURE(its.names);
        CAPTURE(its.domain);
        const auto certificate = read(authority.issue({.names = its.names}).certificate);

        CHECK(is_for(names_of(*certificate), its.domain) == its.is_right);
    }
}

TEST_CASE("RFC 5924 4: what a certificate may be used for") {
    const Authority authority;
    for (const char* good : {"", "serverAuth", "clientAuth", "anyExtendedKeyUsage",
                             "1.3.6.1.5.5.7.3.20", "emailProtection,serverAuth"}) {
        CAPTURE(good);
        CHECK(may_be_used_for_sip(*read(authority.issue({.usage = good}).certificate)));
    }
    CHECK_FALSE(may_be_used_for_sip(*read(authority.issue({.usage = "codeSigning"}).certificate)));
}

}  // namespace herald::sip::certificate_test
