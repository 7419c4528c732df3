// store/sqlite/row_key.h: the key of a row in its table: its number with the counter first.
//
//   number   63: 0   62-53: bucket    52-0: counter
//   key      63: 0   62-10: counter    9-0: bucket
//
// A table is a tree in the order of its keys. New rows come at its end this way, a few pages for a
// whole transaction; with the bucket first each of a thousand changes writes a page of its own,
// which costs eight times the processor and sixteen times the log. What belongs to a cell lies all
// over the table, and is found by reading it whole: a process with a file of its own has no other
// to give cells to.
#pragma once

#include <cstdint>
#include <string>

#include "store/row_number.h"

namespace herald::store {

inline constexpr unsigned kBucketBits = 10;
static_assert(kBuckets == 1U << kBucketBits);

constexpr std::uint64_t row_key(std::uint64_t number) noexcept {
    return counter_of(number) << kBucketBits | bucket_of_row(number);
}
constexpr std::uint64_t row_of_key(std::uint64_t key) noexcept {
    return row_number(static_cast<std::uint32_t>(key % kBuckets), key >> kBucketBits);
}

/// The condition that a row is of this cell.
inline std::string is_of(Cell cell) {
    const auto first = static_cast<std::uint32_t>(cell) * kBucketsOfCell;
    return "id & " + std::to_string(kBuckets - 1) + " BETWEEN " + std::to_string(first) + " AND " +
           std::to_string(first + kBucketsOfCell - 1);
}

}  // namespace herald::store
