// sip/open_streams.cpp: see open_streams.h.
#include "sip/open_streams.h"

namespace herald::sip {

void OpenStreams::open(std::uint32_t slot, std::uint32_t generation) {
    const std::size_t chunk = slot / kChunk;
    if (chunk >= kChunks) return;
    if (!owned_[chunk]) {
        owned_[chunk] = std::make_unique<Chunk>();
        chunks_[chunk].store(owned_[chunk].get(), std::memory_order_release);
    }
    (*owned_[chunk])[slot % kChunk].store(generation, std::memory_order_release);
}

void OpenStreams::close(std::uint32_t slot) noexcept {
    const std::size_t chunk = slot / kChunk;
    if (chunk < kChunks && owned_[chunk])
        (*owned_[chunk])[slot % kChunk].store(0, std::memory_order_release);
}

bool OpenStreams::holds(std::uint32_t slot, std::uint32_t generation) const noexcept {
    const std::size_t chunk = slot / kChunk;
    if (chunk >= kChunks) return true;
    const Chunk* const streams = chunks_[chunk].load(std::memory_order_acquire);
    return streams != nullptr &&
           (*streams)[slot % kChunk].load(std::memory_order_acquire) == generation;
}

}  // namespace herald::sip
