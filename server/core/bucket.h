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
#include "store/row_number.h"

namespace herald::server {

using store::bucket_of;
using store::Cell;
using store::cell_of;
using store::kBuckets;
using store::kCells;

/// Cells that were loaded: all of them at a start, or one.
struct Cells {
    std::optional<Cell> one;
    bool has(Cell cell) const noexcept { return !one || *one == cell; }
};

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
