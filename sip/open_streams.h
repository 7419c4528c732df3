// sip/open_streams.h: which streams of one shard are open, for the other shards to look at.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace herald::sip {

/// Slots and generations as a Flow names them. Written by the shard that owns the streams, read by
/// any thread, which may see what was true a moment ago. Four bytes a slot, kept for reuse.
class OpenStreams {
public:
    void open(std::uint32_t slot, std::uint32_t generation);
    void close(std::uint32_t slot) noexcept;
    /// Beyond the first million of streams nothing is known, and all count as open.
    bool holds(std::uint32_t slot, std::uint32_t generation) const noexcept;

private:
    static constexpr std::size_t kChunk = 4096;
    static constexpr std::size_t kChunks = 256;
    using Chunk = std::array<std::atomic<std::uint32_t>, kChunk>;  ///< generations; 0: none

    std::array<std::unique_ptr<Chunk>, kChunks> owned_;  ///< touched by the writer alone
    std::array<std::atomic<Chunk*>, kChunks> chunks_{};
};

}  // namespace herald::sip
