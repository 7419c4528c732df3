// server/access/bearer.cpp: bearer tokens of SIP (RFC 8898, 7515, 7517, 7519).
#include "server/access/bearer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/text.h"

namespace herald::server {

namespace {

using Object = Poco::JSON::Object::Ptr;
using Array = Poco::JSON::Array::Ptr;
using Poco::Dynamic::Var;

constexpr std::size_t kLongestToken = 8192;
constexpr std::size_t kLargestFile = 1 << 20;
constexpr std::size_t kMostKeys = 64;
constexpr std::size_t kMostScopes = 64;
constexpr int kLeastRsaBits = 2048;
/// Levels of JSON.
constexpr std::size_t kDepth = 8;
/// Bytes of one half of an ES256 signature, and of a coordinate (RFC 7518 3.4).
constexpr std::size_t kHalf = 32;

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* thing) const noexcept {
        Free(thing);
    }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using NumberPtr = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using SignaturePtr = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;
using ContextPtr = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestPtr = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;

const unsigned char* octets(std::string_view bytes) noexcept {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

Fault unusable(const std::string& name, std::string_view what) {
    return {FaultKind::invalid_configuration, name + " " + std::string(what)};
}

int value_of(char c) noexcept {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '-') return 62;
    return c == '_' ? 63 : -1;
}

/// RFC 7515 2: no padding, and one spelling only of what it says.
std::optional<std::string> base64url(std::string_view text) {
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const int value = value_of(c);
        if (value < 0) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>(bits >> count & 0xFF);
    }
    if (count >= 6 || (bits & ((1U << count) - 1)) != 0) return std::nullopt;
    return bytes;
}

/// Null where it is no object. POCO throws at what is no JSON.
Object object_in(const std::string& text) {
    try {
        Poco::JSON::Parser parser;
        parser.setDepth(kDepth);
        const Var read = parser.parse(text);
        return read.type() == typeid(Object) ? read.extract<Object>() : Object();
    } catch (const Poco::Exception&) {
        return {};
    }
}

/// A member that is a string; empty: there is none.
std::string text_in(const Object& object, const std::string& name) {
    const Var member = object->get(name);
    return member.isString() ? member.extract<std::string>() : std::string();
}

/// A member that is a list; null: there is none.
Array list_in(const Object& object, const std::string& name) {
    return object->isArray(name) ? object->getArray(name) : Array();
}

std::vector<std::string> texts_in(const Array& list) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; list && i < list->size() && i < kMostScopes; ++i) {
        const Var each = list->get(static_cast<unsigned>(i));
        if (each.isString()) texts.push_back(each.extract<std::string>());
    }
    return texts;
}

/// NumericDate, to the second; nullopt: there is none.
std::optional<std::int64_t> date_in(const Object& object, const std::string& name) {
    const Var member = object->get(name);
    if (member.isEmpty() || !member.isNumeric()) return std::nullopt;
    const double seconds = member.convert<double>();
    constexpr double kMost = 1e12;
    if (!(seconds > -kMost && seconds < kMost)) return std::nullopt;
    return static_cast<std::int64_t>(seconds);
}

KeyPtr key_from(const char* type, OSSL_PARAM* params) {
    const ContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
    if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1) return nullptr;
    return KeyPtr(key);
}

NumberPtr number_of(const std::string& bytes) {
    return NumberPtr(BN_bin2bn(octets(bytes), static_cast<int>(bytes.size()), nullptr));
}

KeyPtr rsa_key(const Object& jwk) {
    const auto modulus = base64url(text_in(jwk, "n"));
    const auto exponent = base64url(text_in(jwk, "e"));
    if (!modulus || !exponent || modulus->empty() || exponent->empty()) return nullptr;
    const NumberPtr n = number_of(*modulus);
    const NumberPtr e = number_of(*exponent);
    const BuilderPtr builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
    const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
    return key_from("RSA", params.get());
}

KeyPtr ec_key(const Object& jwk) {
    const auto x = base64url(text_in(jwk, "x"));
    const auto y = base64url(text_in(jwk, "y"));
    if (text_in(jwk, "crv") != "P-256" || !x || !y || x->size() != kHalf || y->size() != kHalf)
        return nullptr;
    std::string point = "\x04" + *x + *y;
    const BuilderPtr builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                     point.size());
    const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
    return key_from("EC", params.get());
}

/// What a key is good for; nullopt: for nothing here.
std::optional<BearerKeys::Algorithm> algorithm_of(EVP_PKEY* key) {
    if (EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) >= kLeastRsaBits)
        return BearerKeys::Algorithm::rs256;
    char group[64] = "";
    if (EVP_PKEY_is_a(key, "EC") != 1 ||
        EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) != 1)
        return std::nullopt;
    if (std::string_view(group) != "prime256v1") return std::nullopt;
    return BearerKeys::Algorithm::es256;
}

/// The two halves of a JWS signature as OpenSSL wants them; empty: it is none.
std::string der_of(std::string_view signature) {
    if (signature.size() != 2 * kHalf) return {};
    const SignaturePtr pair(ECDSA_SIG_new());
    BIGNUM* const r = BN_bin2bn(octets(signature), kHalf, nullptr);
    BIGNUM* const s = BN_bin2bn(octets(signature.substr(kHalf)), kHalf, nullptr);
    ECDSA_SIG_set0(pair.get(), r, s);
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(pair.get(), &der);
    if (size <= 0) return {};
    std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return out;
}

bool is_signed_by(EVP_PKEY* key, std::string_view text, std::string_view signature) {
    const DigestPtr context(EVP_MD_CTX_new());
    const bool is_good =
        EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
        EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(text),
                         text.size()) == 1;
    ERR_clear_error();
    return is_good;
}

/// One block of PEM: its label and what it holds.
struct Block {
    std::string label;
    std::string bytes;
};

std::optional<Block> next_block(BIO* bio) {
    char* label = nullptr;
    char* header = nullptr;
    unsigned char* bytes = nullptr;
    long size = 0;
    const bool is_read = PEM_read_bio(bio, &label, &header, &bytes, &size) == 1;
    ERR_clear_error();
    if (!is_read) return std::nullopt;
    Block block{label,
                std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size))};
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_free(bytes);
    return block;
}

KeyPtr key_in(const Block& block) {
    const unsigned char* at = octets(block.bytes);
    const auto size = static_cast<long>(block.bytes.size());
    if (block.label == "PUBLIC KEY") return KeyPtr(d2i_PUBKEY(nullptr, &at, size));
    if (block.label != "CERTIFICATE") return nullptr;
    const std::unique_ptr<X509, Freed<X509_free>> certificate(d2i_X509(nullptr, &at, size));
    return KeyPtr(certificate ? X509_get_pubkey(certificate.get()) : nullptr);
}

Fault no_token(const char* why) {
    return {FaultKind::malformed, why};
}

/// The three parts of a token, as they are written.
struct Parts {
    std::string_view header, claims, signature, signed_text;
};

std::optional<Parts> parts_of(std::string_view token) {
    if (token.size() > kLongestToken) return std::nullopt;
    const auto first = token.find('.');
    const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
                 token.substr(second + 1), token.substr(0, second)};
}

/// RFC 7515 4: "none" and the keyed hashes, which our public keys would be secrets of, are unknown.
Status verify(const Parts& parts, const BearerKeys& keys) {
    const auto text = base64url(parts.header);
    const Object header = text ? object_in(*text) : Object();
    if (!header) return no_token("no token");
    const std::string name = text_in(header, "alg");
    if (name != "RS256" && name != "ES256") return no_token("its algorithm is none of ours");
    if (header->has("crit")) return no_token("it is critical what is not understood");
    const auto signature = base64url(parts.signature);
    const auto algorithm =
        name == "RS256" ? BearerKeys::Algorithm::rs256 : BearerKeys::Algorithm::es256;
    if (!signature ||
        !keys.verify(algorithm, text_in(header, "kid"), parts.signed_text, *signature))
        return no_token("no key of ours signed it");
    return {};
}

/// RFC 7519 4.1.3: one, or a list.
bool is_for(const Object& claims, std::string_view audience) {
    if (text_in(claims, "aud") == audience) return true;
    const auto all = texts_in(list_in(claims, "aud"));
    return std::find(all.begin(), all.end(), audience) != all.end();
}

const char* complaint(const Object& claims, const BearerRules& rules) {
    const std::int64_t now =
        std::chrono::duration_cast<std::chrono::seconds>(rules.now.time_since_epoch()).count();
    const std::int64_t skew = rules.clock_skew;
    const auto end = date_in(claims, "exp");
    if (!end) return "it never expires";
    if (now >= *end + skew) return "it has expired";
    if (claims->has("nbf") && date_in(claims, "nbf").value_or(INT64_MAX - skew) > now + skew)
        return "it is not good yet";
    if (text_in(claims, "iss") != rules.issuer) return "somebody else issued it";
    if (!is_for(claims, rules.audience)) return "it is for somebody else";
    return nullptr;
}

/// RFC 8693 4.2: one string of words; some servers send a list, or call it scp.
std::vector<std::string> scopes_in(const Object& claims) {
    std::vector<std::string> scopes;
    const std::string text = text_in(claims, "scope");
    std::string_view rest = text;
    while (!rest.empty() && scopes.size() < kMostScopes) {
        const auto next = base::split_once(rest, ' ');
        if (!next.before.empty()) scopes.emplace_back(next.before);
        rest = next.after;
    }
    for (const char* name : {"scope", "scp"}) {
        for (auto& scope : texts_in(list_in(claims, name))) scopes.push_back(std::move(scope));
    }
    return scopes;
}

}  // namespace

struct BearerKeys::Key {
    std::string id;
    Algorithm algorithm;
    KeyPtr key;
};

BearerKeys::BearerKeys() = default;
BearerKeys::~BearerKeys() = default;

Result<std::shared_ptr<const BearerKeys>> BearerKeys::load(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::string text(kLargestFile + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.empty()) return unusable(file, "cannot be read, or is empty");
    if (text.size() > kLargestFile) return unusable(file, "is too large for a file of keys");
    return read(text, file);
}

Result<std::shared_ptr<const BearerKeys>> BearerKeys::read(std::string_view text,
                                                           const std::string& name) {
    const std::shared_ptr<BearerKeys> made(new BearerKeys());
    const auto add = [&made](std::string id, KeyPtr key) {
        const auto algorithm = key ? algorithm_of(key.get()) : std::nullopt;
        if (algorithm && made->keys_.size() < kMostKeys)
            made->keys_.push_back({std::move(id), *algorithm, std::move(key)});
    };
    if (const Object set =
            base::trim(text).starts_with("{") ? object_in(std::string(text)) : Object()) {
        const Array list = list_in(set, "keys");
        for (std::size_t i = 0; list && i < list->size(); ++i) {
            const Object jwk = list->getObject(static_cast<unsigned>(i));
            if (!jwk || text_in(jwk, "use") == "enc") continue;
            add(text_in(jwk, "kid"), text_in(jwk, "kty") == "RSA" ? rsa_key(jwk) : ec_key(jwk));
        }
    } else {
        const BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
        while (auto block = next_block(bio.get())) add({}, key_in(*block));
    }
    ERR_clear_error();
    if (made->keys_.empty())
        return unusable(name, "holds no public key for RS256 (2048 bits at least) or ES256");
    return std::shared_ptr<const BearerKeys>(made);
}

bool BearerKeys::verify(Algorithm algorithm, std::string_view id, std::string_view text,
                        std::string_view signature) const {
    const std::string der =
        algorithm == Algorithm::es256 ? der_of(signature) : std::string(signature);
    if (der.empty()) return false;
    return std::any_of(keys_.begin(), keys_.end(), [&](const Key& key) {
        const bool is_asked = id.empty() || key.id.empty() || key.id == id;
        return key.algorithm == algorithm && is_asked && is_signed_by(key.key.get(), text, der);
    });
}

Result<BearerClaims> read_bearer(std::string_view token, const BearerKeys& keys,
                                 const BearerRules& rules) {
    const auto parts = parts_of(token);
    if (!parts) return no_token("no token");
    if (auto good = verify(*parts, keys); !good) return good.fault();
    const auto text = base64url(parts->claims);
    const Object claims = text ? object_in(*text) : Object();
    if (!claims) return no_token("its claims cannot be read");
    if (const char* const why = complaint(claims, rules)) return Fault{FaultKind::forbidden, why};
    BearerClaims read{text_in(claims, std::string(rules.claim)), scopes_in(claims)};
    if (read.user.empty()) return Fault{FaultKind::forbidden, "it names no user"};
    return read;
}

}  // namespace herald::server
