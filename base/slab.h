// base/slab.h: Slab<T>, records in chunks, named by slot and generation; no allocation per record.
#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include "base/huge_pages.h"

namespace herald::base {

/// Names one record of a Slab; a default SlotId names none. Stale ids find nothing.
struct SlotId {
    std::uint32_t slot = UINT32_MAX;
    std::uint32_t generation = 0;

    explicit operator bool() const noexcept { return slot != UINT32_MAX; }
    /// As one number, for instance a timer's payload, and back.
    std::uint64_t number() const noexcept { return std::uint64_t{generation} << 32 | slot; }
    static SlotId of(std::uint64_t number) noexcept {
        return {.slot = static_cast<std::uint32_t>(number),
                .generation = static_cast<std::uint32_t>(number >> 32)};
    }
    friend bool operator==(const SlotId&, const SlotId&) = default;
};

/// Owns records of type T. Addresses stay; take and release cost O(1); a record costs sizeof(T) and
/// four bytes. Slots are given out densely from 0, the one released last first. Memory is kept for
/// reuse, never given back. One thread.
template <class T>
class Slab {
public:
    Slab() = default;
    Slab(const Slab&) = delete;
    Slab& operator=(const Slab&) = delete;
    ~Slab() {
        for_each([](std::uint32_t, T& record) { record.~T(); });
        for (const auto& group : groups_) {
            if (group.first) Memory().deallocate(group.first, group.count);
        }
    }

    /// Makes a record from `args` in a free slot.
    template <class... Args>
    SlotId take(Args&&... args) {
        const std::uint32_t slot = take_slot();
        ::new (room(slot)) T(std::forward<Args>(args)...);
        ++size_;
        return {.slot = slot, .generation = ++generation(slot)};
    }

    /// The record `id` names, nullptr where it is gone.
    T* find(SlotId id) noexcept { return holds(id) ? record(id.slot) : nullptr; }
    const T* find(SlotId id) const noexcept { return holds(id) ? record(id.slot) : nullptr; }
    bool holds(SlotId id) const noexcept {
        return id.slot < fresh_ && generation(id.slot) == id.generation && is_live(id.generation);
    }
    bool holds(std::uint32_t slot) const noexcept {
        return slot < fresh_ && is_live(generation(slot));
    }

    /// The record in `slot`, which is in use.
    T& operator[](std::uint32_t slot) noexcept { return assert(holds(slot)), *record(slot); }
    const T& operator[](std::uint32_t slot) const noexcept {
        return assert(holds(slot)), *record(slot);
    }
    /// The full name of the record in `slot`, which is in use.
    SlotId id_of(std::uint32_t slot) const noexcept {
        assert(holds(slot));
        return {.slot = slot, .generation = generation(slot)};
    }

    /// Destroys the record `id` names; false if it is gone already.
    bool release(SlotId id) noexcept {
        if (!holds(id)) return false;
        release(id.slot);
        return true;
    }
    /// Destroys the record in `slot`, which is in use.
    void release(std::uint32_t slot) noexcept {
        assert(holds(slot));
        // The slot is out of reach before the record's destructor runs and free only after it: the
        // destructor may take and release other records.
        ++generation(slot);
        --size_;
        record(slot)->~T();
        std::memcpy(room(slot), &free_, sizeof free_);
        free_ = slot;
    }

    /// Calls visit(slot, record) for each in order of slots. `visit` may release the record it is
    /// given.
    template <class Visit>
    void for_each(Visit&& visit) {
        for (std::uint32_t slot = 0; slot < fresh_; ++slot) {
            if (is_live(generation(slot))) visit(slot, *record(slot));
        }
    }
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (std::uint32_t slot = 0; slot < fresh_; ++slot) {
            if (is_live(generation(slot))) visit(slot, *record(slot));
        }
    }

    /// Likewise of the slots from `first` on, before `end`.
    template <class Visit>
    void for_some(std::uint32_t first, std::uint32_t end, Visit&& visit) {
        for (std::uint32_t slot = first; slot < std::min(end, fresh_); ++slot) {
            if (is_live(generation(slot))) visit(slot, *record(slot));
        }
    }

    /// Hints that `slot` will be read soon.
    void prefetch(std::uint32_t slot) const noexcept {
        if (slot < fresh_) __builtin_prefetch(room(slot));
    }

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    /// Number of slots that were ever in use: every slot number is below it.
    std::uint32_t slots() const noexcept { return fresh_; }
    /// Bytes held for records, used or not.
    std::size_t memory() const noexcept { return chunks_.size() * sizeof(Chunk); }

private:
    static constexpr std::uint32_t kNone = UINT32_MAX;
    /// A free record holds the number of the next free slot.
    static constexpr std::size_t kRoom = std::max(sizeof(T), sizeof(std::uint32_t));
    /// About 64 KiB a chunk, a power of two of records.
    static constexpr std::size_t kPerChunk =
        std::bit_floor(std::max<std::size_t>(std::size_t{65536} / kRoom, 16));
    static constexpr unsigned kShift = std::countr_zero(kPerChunk);

    struct Room {
        alignas(T) alignas(std::uint32_t) std::byte bytes[kRoom];
    };
    struct Chunk {
        Room rooms[kPerChunk];
        std::uint32_t generations[kPerChunk];  ///< odd while in use
    };

    using Memory = HugePages<Chunk>;
    /// Chunks made together.
    struct Group {
        Chunk* first = nullptr;
        std::size_t count = 0;
    };
    /// From so many chunks on, some 32 MiB, memory is taken in whole huge pages.
    static constexpr std::size_t kManyChunks = 512;
    static constexpr std::size_t kPerGroup =
        std::max<std::size_t>(2 * kHugePage / sizeof(Chunk), 1);

    static bool is_live(std::uint32_t generation) noexcept { return (generation & 1) != 0; }

    /// A slot that is neither free nor in use; it stays so, merely lost, if making the record
    /// throws.
    std::uint32_t take_slot() {
        if (free_ != kNone) {
            const std::uint32_t slot = free_;
            std::memcpy(&free_, room(slot), sizeof free_);
            return slot;
        }
        assert(fresh_ < kNone);
        if (fresh_ >> kShift == chunks_.size()) add_chunks();
        return fresh_++;
    }

    void add_chunks() {
        const std::size_t count = chunks_.size() < kManyChunks ? 1 : kPerGroup;
        groups_.emplace_back();
        groups_.back() = {Memory().allocate(count), count};
        Chunk* const first = groups_.back().first;
        for (Chunk* chunk = first; chunk != first + count; ++chunk) {
            // Not value-initialised: records are not written before they are used.
            ::new (chunk) Chunk;
            std::fill(std::begin(chunk->generations), std::end(chunk->generations), 0U);
            chunks_.push_back(chunk);
        }
    }

    void* room(std::uint32_t slot) const noexcept {
        return chunks_[slot >> kShift]->rooms[slot & (kPerChunk - 1)].bytes;
    }
    T* record(std::uint32_t slot) const noexcept {
        return std::launder(static_cast<T*>(room(slot)));
    }
    std::uint32_t& generation(std::uint32_t slot) const noexcept {
        return chunks_[slot >> kShift]->generations[slot & (kPerChunk - 1)];
    }

    std::vector<Group> groups_;  ///< own the chunks
    std::vector<Chunk*> chunks_;
    std::uint32_t fresh_ = 0;     ///< the first slot never used
    std::uint32_t free_ = kNone;  ///< the slot released last
    std::size_t size_ = 0;
};

}  // namespace herald::base
