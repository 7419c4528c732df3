// base/hash128.cpp: the 128-bit form of SipHash-2-4.
#include "base/hash128.h"

#include "base/siphash.h"

namespace herald::base {

Hash128 keyed_hash128(const HashKey& key, std::string_view bytes) noexcept {
    SipHash hash(key, bytes, SipHash::Width::bits128);
    const std::uint64_t low = hash.finish_first_half();
    return {.low = low, .high = hash.finish_second_half()};
}

}  // namespace herald::base
