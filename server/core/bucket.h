// server/core/bucket.h: where what is kept for an address-of-record lives: its bucket, and the
// shard that has the bucket.
//
//   AOR -- keyed hash --> bucket (1,024) -- mod shards --> shard
//                                        -- by sixteens --> cell (64)
//   A To tag of ours begins with the bucket, so requests within its dialog need no hash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"

namespace herald::server {

/// Buckets are part of the schema: a resource's bucket never changes.
inline constexpr std::uint32_t kBuckets = 1024;
/// `bucket_key` as in store::Home; `aor` is canonical, and no alias.
std::uint32_t bucket_of(const base::HashKey& bucket_key, std::string_view aor) noexcept;

/// Sixteen neighbouring buckets: what is loaded and forgotten as one. Part of the schema.
enum class Cell : std::uint8_t {};
inline constexpr std::uint32_t kCells = 64;
constexpr Cell cell_of(std::uint32_t bucket) noexcept {
    return static_cast<Cell>(bucket / (kBuckets / kCells));
}

constexpr unsigned shard_of_bucket(std::uint32_t bucket, std::size_t shards) noexcept {
    return static_cast<unsigned>(bucket % shards);
}
/// The shard of `shards` that everything kept for `aor` belongs to.
unsigned shard_of_aor(const base::HashKey& bucket_key, std::string_view aor,
                      std::size_t shards) noexcept;

/// To tag of a dialog: two characters of bucket, thirteen random ones.
std::string new_local_tag(std::uint32_t bucket);
/// The bucket written in a To tag of ours; nullopt for other tags.
std::optional<std::uint32_t> bucket_of_tag(std::string_view tag) noexcept;

}  // namespace herald::server
