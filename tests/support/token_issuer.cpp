// tests/support/token_issuer.cpp: an authorization server for one test.
#include "tests/support/token_issuer.h"

#include <cstdlib>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "tests/support/key_pointer.h"

namespace herald::test {
namespace {

std::string number(const EVP_PKEY* key, const char* name, int width = 0) {
    BIGNUM* value = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &value) != 1) std::abort();
    const int size = width > 0 ? width : BN_num_bytes(value);
    std::string bytes(static_cast<std::size_t>(size), '\0');
    BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), size);
    BN_free(value);
    return TokenIssuer::base64url(bytes);
}

std::string signature(EVP_PKEY* key, std::string_view text) {
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    std::string out(512, '\0');
    std::size_t size = out.size();
    const bool is_done =
        EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
        EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()), &size,
                       reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
    EVP_MD_CTX_free(context);
    if (!is_done) std::abort();
    out.resize(size);
    return out;
}

/// RFC 7518 3.4.
std::string halves_of(const std::string& der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* const pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    std::string out(64, '\0');
    auto* const bytes = reinterpret_cast<unsigned char*>(out.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), bytes, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), bytes + 32, 32);
    ECDSA_SIG_free(pair);
    return out;
}

std::string pem_of(EVP_PKEY* key) {
    BIO* const bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(bio, key);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    std::string out(bytes, static_cast<std::size_t>(size));
    BIO_free(bio);
    return out;
}

}  // namespace

struct TokenIssuer::Keys {
    KeyPtr ec{EVP_EC_gen("P-256")};
    KeyPtr rsa{EVP_RSA_gen(2048)};
};

TokenIssuer::TokenIssuer() : keys_(std::make_unique<Keys>()) {}
TokenIssuer::~TokenIssuer() = default;

std::string TokenIssuer::base64url(std::string_view bytes) {
    constexpr std::string_view kLetters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    unsigned bits = 0;
    unsigned count = 0;
    for (const char c : bytes) {
        bits = (bits << 8 | static_cast<unsigned char>(c)) & 0xFFFF;
        for (count += 8; count >= 6;) {
            count -= 6;
            out += kLetters[bits >> count & 63];
        }
    }
    if (count > 0) out += kLetters[bits << (6 - count) & 63];
    return out;
}

std::string TokenIssuer::token(std::string_view claims, const std::string& algorithm,
                               const std::string& more) const {
    std::string text = base64url("{\"alg\":\"" + algorithm + "\",\"typ\":\"JWT\"" + more + "}") +
                       "." + base64url(claims);
    std::string sign;
    if (algorithm == "RS256") sign = signature(keys_->rsa.get(), text);
    if (algorithm == "ES256") sign = halves_of(signature(keys_->ec.get(), text));
    return text + "." + base64url(sign);
}

std::string TokenIssuer::jwks() const {
    const auto* const ec = keys_->ec.get();
    const auto* const rsa = keys_->rsa.get();
    return R"({"keys":[{"kty":"oct","k":"c2VjcmV0"},{"kty":"EC","kid":"ec","crv":"P-256","x":")" +
           number(ec, OSSL_PKEY_PARAM_EC_PUB_X, 32) + "\",\"y\":\"" +
           number(ec, OSSL_PKEY_PARAM_EC_PUB_Y, 32) + R"("},{"kty":"RSA","kid":"rsa","n":")" +
           number(rsa, OSSL_PKEY_PARAM_RSA_N) + "\",\"e\":\"" + number(rsa, OSSL_PKEY_PARAM_RSA_E) +
           "\"}]}";
}

std::string TokenIssuer::pem() const {
    return pem_of(keys_->ec.get()) + pem_of(keys_->rsa.get());
}

}  // namespace herald::test
