// base/id.h: random tokens and keyed hashes: everything that must not be guessed.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace herald::base {

/// Fills from the CSPRNG; aborts where the system has no entropy to give.
void random_bytes(void* out, std::size_t size);
std::uint64_t random_u64();
/// `bytes` random bytes in lower-case base32 (RFC 4648 alphabet, no padding): a SIP token, 8
/// characters for 5 bytes.
std::string random_token(std::size_t bytes);
/// Lower-case base32 without padding.
std::string to_base32(std::string_view bytes);

using HashKey = std::array<std::uint64_t, 2>;
HashKey random_key();
/// SipHash-2-4 (Aumasson, Bernstein 2012): safe for tables and short authenticators whose input
/// comes from the network.
std::uint64_t keyed_hash(const HashKey& key, std::string_view bytes) noexcept;
/// Whether both are equal; the time it takes depends on their sizes only.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace herald::base
