// server/address/gruu.cpp: public and temporary GRUUs: names of one device of one user (RFC 5627).
#include "server/address/gruu.h"

#include <array>
#include <cassert>
#include <cstring>
#include <memory>

#include <openssl/evp.h>

#include "base/hash128.h"
#include "base/text.h"

namespace herald::server {

namespace {

constexpr std::string_view kPrefix = "tgruu.";
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::string_view kPlainInParameter = "-_.!~*'()[]/:&+$";

/// What is enciphered, in this order.
struct Content {
    std::uint64_t subject;
    std::uint16_t bucket;
    std::array<unsigned char, 6> noise;
};
static_assert(sizeof(Content) == 16);
using Block = std::array<unsigned char, sizeof(Content)>;

enum class Direction : int { decipher = 0, encipher = 1 };

/// One block of AES-128: what comes out is as random as what goes in is unique.
std::optional<Block> apply_cipher(const std::string& key, const Block& in, Direction direction) {
    const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(EVP_CIPHER_CTX_new(),
                                                                             EVP_CIPHER_CTX_free);
    const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
    Block out{};
    int size = 0;
    if (!context ||
        EVP_CipherInit_ex(context.get(), EVP_aes_128_ecb(), nullptr, bytes, nullptr,
                          static_cast<int>(direction)) != 1 ||
        EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1 ||
        EVP_CipherUpdate(context.get(), out.data(), &size, in.data(),
                         static_cast<int>(in.size())) != 1 ||
        size != static_cast<int>(out.size()))
        return std::nullopt;
    return out;
}

/// The bytes of unpadded lower-case base32; nullopt unless they fill a block.
std::optional<Block> block_from_base32(std::string_view text) {
    if (text.size() != (sizeof(Block) * 8 + 4) / 5) return std::nullopt;
    Block block{};
    std::size_t at = 0;
    std::uint32_t bits = 0;
    int have = 0;
    for (const char c : text) {
        const auto digit = kBase32.find(base::to_lower(c));
        if (digit == std::string_view::npos) return std::nullopt;
        bits = bits << 5 | static_cast<std::uint32_t>(digit);
        have += 5;
        if (have < 8) continue;
        have -= 8;
        if (at < block.size()) block[at++] = static_cast<unsigned char>(bits >> have);
    }
    return block;
}

void append_parameter_value(std::string& out, std::string_view value) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    for (const char c : value) {
        const bool is_plain = base::is_alpha(c) || base::is_digit(c) ||
                              kPlainInParameter.find(c) != std::string_view::npos;
        if (is_plain) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
    }
}

}  // namespace

Gruus::Gruus(const base::HashKey& lasting_key) {
    const auto subject = base::keyed_hash128(lasting_key, "subject of temporary GRUUs");
    subject_key_ = {subject.low, subject.high};
    const auto cipher = base::keyed_hash128(lasting_key, "cipher of temporary GRUUs");
    cipher_key_.assign(reinterpret_cast<const char*>(&cipher), sizeof cipher);
}

std::uint64_t Gruus::subject(std::string_view aor, std::string_view instance,
                             std::string_view call_id) const {
    std::string text(aor);
    text += '\0';
    text += base::lower(instance);
    text += '\0';
    text += call_id;
    return base::keyed_hash(subject_key_, text);
}

std::string Gruus::public_gruu(std::string_view aor, std::string_view instance) const {
    std::string uri(aor);
    uri += ";gr=";
    append_parameter_value(uri, instance);
    return uri;
}

std::string Gruus::temporary_gruu(std::string_view domain, const TemporaryGruu& content) const {
    Content plain{content.subject, static_cast<std::uint16_t>(content.bucket), {}};
    base::random_bytes(plain.noise.data(), plain.noise.size());
    Block block;
    std::memcpy(block.data(), &plain, sizeof plain);
    const auto opaque = apply_cipher(cipher_key_, block, Direction::encipher);
    assert(opaque);
    std::string uri = "sip:";
    uri += kPrefix;
    uri += base::to_base32({reinterpret_cast<const char*>(opaque->data()), opaque->size()});
    uri += '@';
    uri += domain;
    uri += ";gr";
    return uri;
}

std::optional<TemporaryGruu> Gruus::read(const sip::Uri& uri) const {
    if (!uri.parameter("gr") || !base::istarts_with(uri.user, kPrefix)) return std::nullopt;
    const auto opaque = block_from_base32(uri.user.substr(kPrefix.size()));
    if (!opaque) return std::nullopt;
    const auto block = apply_cipher(cipher_key_, *opaque, Direction::decipher);
    if (!block) return std::nullopt;
    Content plain{};
    std::memcpy(&plain, block->data(), sizeof plain);
    return TemporaryGruu{plain.subject, plain.bucket};
}

std::optional<std::string> public_gruu_instance(const sip::Uri& uri) {
    const auto value = uri.parameter("gr");
    if (!value || value->empty()) return std::nullopt;
    return base::percent_decode(*value);
}

}  // namespace herald::server
