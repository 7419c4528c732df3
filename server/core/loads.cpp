// server/core/loads.cpp: how many subscriptions watchers, and addresses, have in all shards of a
// process.
#include "server/core/loads.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace herald::server {

namespace {

/// One thread writes, so nothing has to be read and written in one go.
void change(std::atomic<std::uint32_t>& cell, std::int64_t step) noexcept {
    cell.store(cell.load(std::memory_order_relaxed) + static_cast<std::uint32_t>(step),
               std::memory_order_relaxed);
}

}  // namespace

Sketch::Sketch() {
    for (auto& row : rows_) row[0] = Block(kLeast);
}

Sketch::Cell& Sketch::cell(std::size_t row, std::size_t index) noexcept {
    if (index < kLeast) return rows_[row][0][index];
    const auto block = static_cast<std::size_t>(std::bit_width(index / kLeast));
    return rows_[row][block][index - (kLeast << (block - 1))];
}

void Sketch::add(std::uint64_t hash, std::int64_t step) noexcept {
    const auto mask = width() - 1;
    const auto at = places(hash);
    for (std::size_t row = 0; row < kRows; ++row) change(cell(row, at[row] & mask), step);
}

std::uint32_t Sketch::estimate(std::uint64_t hash) const noexcept {
    const auto mask = width() - 1;
    const auto at = places(hash);
    return std::min(cell(0, at[0] & mask).load(std::memory_order_relaxed),
                    cell(1, at[1] & mask).load(std::memory_order_relaxed));
}

void Sketch::widen() {
    assert(blocks_ < kBlocks);
    const auto width = width_.load(std::memory_order_relaxed);
    for (std::size_t row = 0; row < kRows; ++row) {
        Block copy(width);
        for (std::size_t i = 0; i < width; ++i)
            change(copy[i], cell(row, i).load(std::memory_order_relaxed));
        rows_[row][blocks_] = std::move(copy);
    }
    ++blocks_;
    width_.store(width * 2, std::memory_order_release);
}

void Sketch::settle(std::uint64_t hash, std::int64_t step) noexcept {
    const auto width = width_.load(std::memory_order_relaxed);
    const auto at = places(hash);
    for (std::size_t row = 0; row < kRows; ++row)
        change(cell(row, (at[row] & (width - 1)) ^ width / 2), -step);
}

void Sketch::prefetch(std::uint64_t hash) const noexcept {
    const auto mask = width() - 1;
    const auto at = places(hash);
    for (std::size_t row = 0; row < kRows; ++row) __builtin_prefetch(&cell(row, at[row] & mask), 1);
}

std::uint64_t Loads::sum(Sketch Shard::*sketch, std::uint64_t hash) const noexcept {
    std::uint64_t sum = 0;
    for (const Shard& shard : shards_) sum += (shard.*sketch).estimate(hash);
    return sum;
}

std::uint32_t Loads::of_watcher(std::uint64_t hash) const noexcept {
    return static_cast<std::uint32_t>(sum(&Shard::watchers, hash));
}

std::uint32_t Loads::of_source(std::uint32_t source) const noexcept {
    return static_cast<std::uint32_t>(sum(&Shard::sources, hash(source)));
}

std::uint64_t Loads::weight_of_source(std::uint32_t source) const noexcept {
    return sum(&Shard::weights, hash(source)) * kWeight;
}

std::uint64_t Loads::weight() const noexcept {
    std::uint64_t sum = 0;
    for (const Shard& shard : shards_) sum += shard.weight.load(std::memory_order_relaxed);
    return sum * kWeight;
}

void Loads::weigh(std::size_t shard, std::int64_t units) noexcept {
    auto& weight = shards_[shard].weight;
    weight.store(weight.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(units),
                 std::memory_order_relaxed);
}

}  // namespace herald::server
