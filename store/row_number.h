// store/row_number.h: how rows are numbered: by the bucket of their address-of-record, then by a
// counter.
//
//   63 62      53 52                          0
//    0   bucket    counter, of the whole store
//
// So what belongs to a cell is one range of a table's key, and no other index is needed to load it.
// Counters are unique among the rows of all tables: they are what people are shown, and what says
// which of two rows came first. A confirmation has the hash of its resource in place of one.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/id.h"

namespace herald::store {

/// Buckets are part of the schema: that of an address-of-record never changes.
inline constexpr std::uint32_t kBuckets = 1024;
/// `bucket_key` as in Home; `aor` is canonical, and no alias.
std::uint32_t bucket_of(const base::HashKey& bucket_key, std::string_view aor) noexcept;

/// Sixteen neighbouring buckets: what is loaded and forgotten as one. Part of the schema.
enum class Cell : std::uint8_t {};
inline constexpr std::uint32_t kCells = 64;
inline constexpr std::uint32_t kBucketsOfCell = kBuckets / kCells;
constexpr Cell cell_of(std::uint32_t bucket) noexcept {
    return static_cast<Cell>(bucket / kBucketsOfCell);
}

inline constexpr unsigned kCounterBits = 53;
inline constexpr std::uint64_t kCounterMask = (std::uint64_t{1} << kCounterBits) - 1;

constexpr std::uint64_t row_number(std::uint32_t bucket, std::uint64_t counter) noexcept {
    return std::uint64_t{bucket} << kCounterBits | (counter & kCounterMask);
}
constexpr std::uint64_t counter_of(std::uint64_t row) noexcept {
    return row & kCounterMask;
}
/// The order in which rows were made, whatever they are about.
constexpr bool is_older(std::uint64_t row, std::uint64_t other) noexcept {
    return counter_of(row) < counter_of(other);
}
constexpr std::uint32_t bucket_of_row(std::uint64_t row) noexcept {
    return static_cast<std::uint32_t>(row >> kCounterBits);
}

/// The rows of a cell: from `first` to `last`, both included.
struct RowRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
};
constexpr RowRange rows_of(Cell cell) noexcept {
    const auto bucket = static_cast<std::uint32_t>(cell) * kBucketsOfCell;
    return {row_number(bucket, 0), row_number(bucket + kBucketsOfCell - 1, kCounterMask)};
}

/// Counters are taken from the store by so many at once: each start begins a block of its own, and
/// the first row with a number of another block takes that.
inline constexpr std::uint64_t kCounterBlock = std::uint64_t{1} << 20;
constexpr std::uint64_t end_of_block(std::uint64_t counter) noexcept {
    return (counter / kCounterBlock + 1) * kCounterBlock;
}
/// The first counter of a run, where all below `taken` may be in use.
constexpr std::uint64_t first_counter(std::uint64_t taken) noexcept {
    return taken <= 1 ? 1 : end_of_block(taken - 1);
}

}  // namespace herald::store
