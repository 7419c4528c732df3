// base/hash128.h: a 128-bit keyed hash, wide enough to stand for the key itself.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/id.h"

namespace herald::base {

/// Any two different inputs collide with probability 2^-128, so tables may keep the hash instead of
/// the text.
struct Hash128 {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    friend bool operator==(const Hash128&, const Hash128&) = default;
};

/// SipHash-2-4 in its 128-bit form.
Hash128 keyed_hash128(const HashKey& key, std::string_view bytes) noexcept;

}  // namespace herald::base
