// server/core/loads.h: how many subscriptions watchers, and addresses, have in all shards of a
// process.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/huge_pages.h"
#include "base/id.h"
#include "sip/endpoint.h"

namespace herald::server {

/// An upper estimate of how many share a key, without keeping the keys. Good for up to `width`
/// keys; with more, every estimate is raised by what others have. One thread writes, any thread may
/// ask at any time.
class Sketch {
public:
    Sketch();

    void add(std::uint64_t hash, std::int64_t step) noexcept;
    std::uint32_t estimate(std::uint64_t hash) const noexcept;
    std::size_t width() const noexcept { return width_.load(std::memory_order_acquire); }

    /// Twice as wide, and no estimate changes: each cell is there twice. Whatever was added is to
    /// be settled next, which takes it out of the cell that is not its own any more.
    void widen();
    void settle(std::uint64_t hash, std::int64_t step) noexcept;
    /// Hints that `hash` will be added soon.
    void prefetch(std::uint64_t hash) const noexcept;

private:
    using Cell = std::atomic<std::uint32_t>;
    static constexpr std::size_t kRows = 2;
    static constexpr std::size_t kLeast = 1 << 12;
    static constexpr std::size_t kBlocks = 20;
    /// The first has kLeast cells, every other one as many as all before it: none ever moves.
    using Block = std::vector<Cell, base::HugePages<Cell>>;
    using Row = std::array<Block, kBlocks>;

    Cell& cell(std::size_t row, std::size_t index) noexcept;
    const Cell& cell(std::size_t row, std::size_t index) const noexcept {
        return const_cast<Sketch&>(*this).cell(row, index);
    }
    /// Where a hash is in each row, before it is cut to the width.
    static std::array<std::size_t, kRows> places(std::uint64_t hash) noexcept {
        return {static_cast<std::size_t>(hash & UINT32_MAX), static_cast<std::size_t>(hash >> 32)};
    }

    std::array<Row, kRows> rows_;
    std::size_t blocks_ = 1;
    std::atomic<std::size_t> width_{kLeast};
};

/// Each shard counts in sketches of its own, and whoever asks adds them up.
class Loads {
public:
    explicit Loads(std::size_t shards) : shards_(shards) {}

    static constexpr std::size_t kWeight = 64;  ///< bytes
    /// What one shard has; it alone writes there.
    struct Shard {
        Sketch watchers, sources;
        Sketch weights;                        ///< of sources, in units of kWeight
        std::atomic<std::uint64_t> weight{0};  ///< of everything, in units of kWeight
    };
    Shard& of(std::size_t shard) noexcept { return shards_[shard]; }

    std::uint64_t hash(std::string_view watcher) const { return base::keyed_hash(key_, watcher); }
    /// A name for the address, or the /64, that nobody can foresee.
    std::uint32_t source_of(const sip::Endpoint& peer) const noexcept {
        return static_cast<std::uint32_t>(peer.site_hash(key_[0]) >> 32);
    }
    static constexpr std::uint64_t hash(std::uint32_t source) noexcept {
        return source * 0x9e3779b97f4a7c15ULL;
    }

    std::uint32_t of_watcher(std::uint64_t hash) const noexcept;
    std::uint32_t of_source(std::uint32_t source) const noexcept;
    /// Bytes of subscriptions asked for from there, about.
    std::uint64_t weight_of_source(std::uint32_t source) const noexcept;
    /// Bytes of all subscriptions, about; those of `shard` became more by `units` of kWeight, or
    /// less.
    std::uint64_t weight() const noexcept;
    void weigh(std::size_t shard, std::int64_t units) noexcept;

private:
    std::uint64_t sum(Sketch Shard::*sketch, std::uint64_t hash) const noexcept;

    base::HashKey key_ = base::random_key();
    std::vector<Shard> shards_;
};

}  // namespace herald::server
