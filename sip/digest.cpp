// sip/digest.cpp: the arithmetic of digest authentication (RFC 7616 3.4), shared by server and
// client.
#include "sip/digest.h"

#include <array>
#include <initializer_list>

#include <openssl/evp.h>

#include "base/text.h"

namespace herald::sip {
namespace {

struct FreeHash {
    void operator()(EVP_MD* hash) const noexcept { EVP_MD_free(hash); }
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

/// Fetched once: looking a hash up by name costs more than hashing a line with it.
const EVP_MD* hash_of(DigestAlgorithm algorithm) {
    static const std::array<std::unique_ptr<EVP_MD, FreeHash>, kDigestAlgorithms> fetched{
        std::unique_ptr<EVP_MD, FreeHash>(EVP_MD_fetch(nullptr, "MD5", nullptr)),
        std::unique_ptr<EVP_MD, FreeHash>(EVP_MD_fetch(nullptr, "SHA2-256", nullptr)),
        std::unique_ptr<EVP_MD, FreeHash>(EVP_MD_fetch(nullptr, "SHA2-512/256", nullptr)),
    };
    return fetched[static_cast<std::size_t>(algorithm)].get();
}

/// Hex of the hash over `parts` with a colon between them.
std::string hash_joined(DigestAlgorithm algorithm, std::initializer_list<std::string_view> parts) {
    thread_local const std::unique_ptr<EVP_MD_CTX, FreeHash> context(EVP_MD_CTX_new());
    const EVP_MD* hash = hash_of(algorithm);
    if (hash == nullptr || EVP_DigestInit_ex2(context.get(), hash, nullptr) != 1) return {};
    bool is_first = true;
    for (const std::string_view part : parts) {
        if (!is_first) EVP_DigestUpdate(context.get(), ":", 1);
        EVP_DigestUpdate(context.get(), part.data(), part.size());
        is_first = false;
    }
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_DigestFinal_ex(context.get(), bytes, &size) != 1) return {};
    return base::to_hex({reinterpret_cast<const char*>(bytes), size});
}

}  // namespace

std::string_view name_of(DigestAlgorithm algorithm) noexcept {
    switch (algorithm) {
        case DigestAlgorithm::md5:
            return "MD5";
        case DigestAlgorithm::sha256:
            return "SHA-256";
        case DigestAlgorithm::sha512_256:
            return "SHA-512-256";
    }
    return {};
}

std::optional<DigestAlgorithm> digest_algorithm_of(std::string_view name) noexcept {
    for (std::size_t i = 0; i < kDigestAlgorithms; ++i) {
        const auto algorithm = static_cast<DigestAlgorithm>(i);
        if (base::iequals(name, name_of(algorithm))) return algorithm;
    }
    return std::nullopt;
}

std::optional<DigestVariant> digest_variant_of(std::string_view parameter) noexcept {
    constexpr std::string_view kSession = "-sess";
    std::string_view name = base::trim(parameter);
    const bool is_session = name.size() > kSession.size() &&
                            base::iequals(name.substr(name.size() - kSession.size()), kSession);
    if (is_session) name.remove_suffix(kSession.size());
    const auto algorithm = digest_algorithm_of(name);
    if (!algorithm) return std::nullopt;
    return DigestVariant{*algorithm, is_session};
}

std::string digest_hash(DigestAlgorithm algorithm, std::string_view bytes) {
    return hash_joined(algorithm, {bytes});
}

std::string digest_ha1(DigestAlgorithm algorithm, std::string_view username, std::string_view realm,
                       std::string_view password) {
    return hash_joined(algorithm, {username, realm, password});
}

std::string digest_userhash(DigestAlgorithm algorithm, std::string_view username,
                            std::string_view realm) {
    return hash_joined(algorithm, {username, realm});
}

std::string digest_response(const DigestInput& in) {
    const std::string session_ha1 =
        in.is_session ? hash_joined(in.algorithm, {in.ha1, in.nonce, in.cnonce}) : std::string();
    const std::string_view ha1 = in.is_session ? std::string_view(session_ha1) : in.ha1;
    const std::string ha2 =
        in.qop == DigestQop::auth_int
            ? hash_joined(in.algorithm, {in.method, in.uri, digest_hash(in.algorithm, in.body)})
            : hash_joined(in.algorithm, {in.method, in.uri});
    if (in.qop == DigestQop::none) return hash_joined(in.algorithm, {ha1, in.nonce, ha2});
    const std::string_view qop = in.qop == DigestQop::auth ? "auth" : "auth-int";
    return hash_joined(in.algorithm, {ha1, in.nonce, in.nc, in.cnonce, qop, ha2});
}

std::string digest_quoted(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) continue;
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    quoted += '"';
    return quoted;
}

}  // namespace herald::sip
