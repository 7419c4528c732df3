// base/cells.h: a little about each of many, kept for all threads in a table of fixed size.
//
// A cell is one word: 16 bits of the name's hash, 48 of value. Four make a set, chosen by the hash.
// Where a set is full the lowest value gives way, so values say first how long they are worth
// keeping. Nothing is ever locked, allocated or swept.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>

namespace herald::base {

/// Names are known by a keyed hash (base/id.h): strangers choose them, but not who shares a cell.
/// Two that do, one pair in 16,000, are taken for one. Any thread.
class Cells {
public:
    static constexpr std::uint64_t kMost = (std::uint64_t{1} << 48) - 1;

    /// As many as `bytes` hold, rounded down to a power of two.
    explicit Cells(std::size_t bytes)
        : sets_(std::bit_floor(bytes < sizeof(Set) ? std::size_t{1} : bytes / sizeof(Set))),
          table_(static_cast<Set*>(std::calloc(sets_, sizeof(Set)))) {
        if (!table_) throw std::bad_alloc();
    }

    std::optional<std::uint64_t> find(std::uint64_t hash) const noexcept {
        for (const auto& cell : set_of(hash)) {
            const std::uint64_t word = cell.load(std::memory_order_relaxed);
            if (word != 0 && tag_of(word) == tag_of(hash)) return word & kMost;
        }
        return std::nullopt;
    }

    /// Puts what `change` makes of the value kept, or of nothing, in its place; nullopt leaves it.
    /// `change` may be called again where another thread was faster. At most kMost.
    template <class Change>
    void update(std::uint64_t hash, Change change) {
        for (;;) {
            auto [cell, word] = place_for(hash);
            const bool is_known = word != 0 && tag_of(word) == tag_of(hash);
            const std::optional<std::uint64_t> value =
                change(is_known ? std::optional<std::uint64_t>(word & kMost) : std::nullopt);
            if (!value) return;
            const std::uint64_t fresh = (hash & ~kMost) | (*value & kMost);
            if (cell->compare_exchange_weak(word, fresh, std::memory_order_relaxed)) return;
        }
    }

    std::size_t bytes() const noexcept { return sets_ * sizeof(Set); }

private:
    using Cell = std::atomic<std::uint64_t>;
    using Set = std::array<Cell, 4>;
    static_assert(Cell::is_always_lock_free && sizeof(Cell) == 8);
    /// From calloc: pages that nothing was written to cost nothing.
    struct Free {
        void operator()(Set* table) const noexcept { std::free(table); }
    };
    struct Place {
        Cell* cell;
        std::uint64_t word;
    };

    static std::uint64_t tag_of(std::uint64_t word) noexcept { return word >> 48; }
    Set& set_of(std::uint64_t hash) const noexcept { return table_[hash & (sets_ - 1)]; }

    /// The cell of this name, else the one to be taken.
    Place place_for(std::uint64_t hash) noexcept {
        Place least{nullptr, 0};
        for (auto& cell : set_of(hash)) {
            const std::uint64_t word = cell.load(std::memory_order_relaxed);
            if (word != 0 && tag_of(word) == tag_of(hash)) return {&cell, word};
            if (least.cell == nullptr || (word & kMost) < (least.word & kMost))
                least = {&cell, word};
        }
        return least;
    }

    std::size_t sets_;
    std::unique_ptr<Set[], Free> table_;
};

}  // namespace herald::base
