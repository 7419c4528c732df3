// packages/profile_link.cpp: the token in the URL of a document of a profile.
#include "packages/profile_link.h"

#include <array>
#include <cstring>
#include <memory>

#include <openssl/evp.h>

#include "base/hash128.h"
#include "base/text.h"

namespace herald::packages {

namespace {

constexpr std::size_t kTag = 16, kLongestToken = 4096;
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct CipherDeleter {
    void operator()(EVP_CIPHER* cipher) const noexcept { EVP_CIPHER_free(cipher); }
    void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using ContextPtr = std::unique_ptr<EVP_CIPHER_CTX, CipherDeleter>;

/// Two keys of AES-128, of the store's.
std::array<unsigned char, 32> cipher_key(const base::HashKey& key) {
    std::array<unsigned char, 32> made{};
    std::size_t at = 0;
    for (const std::string_view use : {"profile link 1", "profile link 2"}) {
        const auto hash = base::keyed_hash128(key, use);
        std::memcpy(made.data() + at, &hash.low, 8);
        std::memcpy(made.data() + at + 8, &hash.high, 8);
        at += 16;
    }
    return made;
}

ContextPtr cipher(const base::HashKey& key, bool is_sealing) {
    static const std::unique_ptr<EVP_CIPHER, CipherDeleter> kCipher(
        EVP_CIPHER_fetch(nullptr, "AES-128-SIV", nullptr));
    ContextPtr context(EVP_CIPHER_CTX_new());
    const auto bytes = cipher_key(key);
    const bool is_ready = kCipher && context &&
                          EVP_CipherInit_ex2(context.get(), kCipher.get(), bytes.data(), nullptr,
                                             is_sealing ? 1 : 0, nullptr) == 1;
    return is_ready ? std::move(context) : nullptr;
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

/// The tag, then as many bytes as `text` has.
std::string sealed(std::string_view text, const base::HashKey& key) {
    const auto context = cipher(key, true);
    std::string out(kTag + text.size(), '\0');
    auto* to = reinterpret_cast<unsigned char*>(out.data());
    int size = 0;
    if (!context ||
        EVP_CipherUpdate(context.get(), to + kTag, &size, bytes_of(text),
                         static_cast<int>(text.size())) != 1 ||
        EVP_CipherFinal_ex(context.get(), to + kTag, &size) != 1 ||
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTag, to) != 1)
        return {};
    return out;
}

std::optional<std::string> opened(std::string_view text, const base::HashKey& key) {
    if (text.size() <= kTag) return std::nullopt;
    std::string tag(text.substr(0, kTag));
    const auto rest = text.substr(kTag);
    const auto context = cipher(key, false);
    std::string out(rest.size(), '\0');
    int size = 0;
    if (!context ||
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTag, tag.data()) != 1 ||
        EVP_CipherUpdate(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                         bytes_of(rest), static_cast<int>(rest.size())) != 1)
        return std::nullopt;
    return out;
}

std::string to_base64(std::string_view bytes) {
    std::string out;
    std::uint32_t held = 0;
    int bits = 0;
    for (const char c : bytes) {
        held = (held << 8 | static_cast<unsigned char>(c)) & 0xFFFF;
        for (bits += 8; bits >= 6; bits -= 6) out += kAlphabet[held >> (bits - 6) & 63];
    }
    if (bits > 0) out += kAlphabet[held << (6 - bits) & 63];
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    std::string out;
    std::uint32_t held = 0;
    int bits = 0;
    for (const char c : text) {
        const auto digit = kAlphabet.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        held = (held << 6 | static_cast<std::uint32_t>(digit)) & 0xFFFF;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        out += static_cast<char>(held >> bits & 0xFF);
    }
    // One spelling of each token.
    const bool is_padded = bits >= 6 || (held & ((1U << bits) - 1)) != 0;
    return is_padded ? std::nullopt : std::optional(std::move(out));
}

std::string next_line(std::string_view& text) {
    const auto line = base::split_once(text, '\n');
    text = line.after;
    return std::string(line.before);
}

}  // namespace

std::string token_of(const ProfileLink& link, const base::HashKey& key) {
    std::string text(name_of(link.type));
    (text += '\n') += link.profile;
    (text += '\n') += link.file;
    (text += '\n') += std::to_string(link.version);
    (text += '\n') += std::to_string(link.expires_at.time_since_epoch().count() / 1000);
    (text += '\n') += to_text(link.facts);
    return to_base64(sealed(text, key));
}

std::optional<ProfileLink> link_in(std::string_view token, const base::HashKey& key) {
    if (token.empty() || token.size() > kLongestToken) return std::nullopt;
    const auto bytes = from_base64(token);
    const auto text = bytes ? opened(*bytes, key) : std::nullopt;
    if (!text) return std::nullopt;
    std::string_view rest = *text;
    ProfileLink link;
    const auto type = profile_type_named(next_line(rest));
    link.profile = next_line(rest);
    link.file = next_line(rest);
    const auto version = base::to_u64(next_line(rest));
    const auto seconds = base::to_u64(next_line(rest));
    auto facts = facts_from(rest);
    if (!type || !version || !seconds || !facts) return std::nullopt;
    link.type = *type;
    link.version = *version;
    link.expires_at = base::WallTime(std::chrono::seconds(*seconds));
    link.facts = *std::move(facts);
    return link;
}

}  // namespace herald::packages
