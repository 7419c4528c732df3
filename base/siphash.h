// base/siphash.h: SipHash-2-4 with 64 or 128 bits of result (Aumasson, Bernstein 2012); use id.h or
// hash128.h.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/id.h"

namespace herald::base {

/// State after all of a message was absorbed; finish() squeezes out 64 bits at a time.
class SipHash {
public:
    enum class Width : unsigned char { bits64, bits128 };

    SipHash(const HashKey& key, std::string_view bytes, Width width) noexcept
        : v0_(key[0] ^ 0x736f6d6570736575U),
          v1_(key[1] ^ 0x646f72616e646f6dU),
          v2_(key[0] ^ 0x6c7967656e657261U),
          v3_(key[1] ^ 0x7465646279746573U) {
        if (width == Width::bits128) v1_ ^= 0xee;
        const std::uint64_t length = bytes.size();
        for (; bytes.size() >= 8; bytes.remove_prefix(8)) absorb(word(bytes.data(), 8));
        absorb(length << 56 | word(bytes.data(), bytes.size()));
    }

    /// Either finish64(), or the first half and then the second: never both kinds.
    std::uint64_t finish64() noexcept {
        v2_ ^= 0xff;
        return squeeze();
    }
    std::uint64_t finish_first_half() noexcept {
        v2_ ^= 0xee;
        return squeeze();
    }
    std::uint64_t finish_second_half() noexcept {
        v1_ ^= 0xdd;
        return squeeze();
    }

private:
    static std::uint64_t word(const char* from, std::size_t size) noexcept {
        static_assert(std::endian::native == std::endian::little);
        std::uint64_t value = 0;
        if (size != 0) std::memcpy(&value, from, size);
        return value;
    }

    void round() noexcept {
        v0_ += v1_;
        v2_ += v3_;
        v1_ = std::rotl(v1_, 13) ^ v0_;
        v3_ = std::rotl(v3_, 16) ^ v2_;
        v0_ = std::rotl(v0_, 32);
        v2_ += v1_;
        v0_ += v3_;
        v1_ = std::rotl(v1_, 17) ^ v2_;
        v3_ = std::rotl(v3_, 21) ^ v0_;
        v2_ = std::rotl(v2_, 32);
    }

    void absorb(std::uint64_t word) noexcept {
        v3_ ^= word;
        round();
        round();
        v0_ ^= word;
    }

    std::uint64_t squeeze() noexcept {
        for (int i = 0; i < 4; ++i) round();
        return v0_ ^ v1_ ^ v2_ ^ v3_;
    }

    std::uint64_t v0_;
    std::uint64_t v1_;
    std::uint64_t v2_;
    std::uint64_t v3_;
};

}  // namespace herald::base
