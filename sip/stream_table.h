// sip/stream_table.h: the streams of one shard, by their flows and by their peers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/id.h"
#include "base/index.h"
#include "base/metrics.h"
#include "base/slab.h"
#include "sip/open_streams.h"
#include "sip/stream.h"

namespace herald::sip {

/// A Stream stays in its place until it is removed.
class StreamTable {
public:
    static constexpr std::uint32_t kNone = base::Index::kNone;

    StreamTable(unsigned shard, base::Metrics& metrics);
    ~StreamTable() { count_.set(0); }
    StreamTable(const StreamTable&) = delete;
    StreamTable& operator=(const StreamTable&) = delete;

    base::SlotId add(Stream stream);
    void remove(std::uint32_t slot);
    /// It is the way to nobody any more, though not gone yet.
    void hide(std::uint32_t slot) noexcept { open_.close(slot); }

    Stream& operator[](std::uint32_t slot) noexcept { return streams_[slot]; }
    Stream* find(base::SlotId id) noexcept { return streams_.find(id); }
    /// nullptr: it is gone, or another shard's.
    Stream* find(const Flow& flow) noexcept;
    const Stream* find(const Flow& flow) const noexcept;
    /// One that carries messages to `peer`, with TLS only where that proved to be `domain`; kNone:
    /// there is none.
    std::uint32_t find_to(const Endpoint& peer, Protocol protocol, std::string_view domain) const;
    Flow flow_of(std::uint32_t slot) const;
    base::SlotId id_of(std::uint32_t slot) const noexcept { return streams_.id_of(slot); }
    template <class Visit>
    void for_each(Visit&& visit) {
        streams_.for_each(std::forward<Visit>(visit));
    }
    /// For any thread: those neither hidden nor removed.
    const OpenStreams& open() const noexcept { return open_; }

private:
    const unsigned shard_;
    const std::uint64_t seed_ = base::random_u64();
    base::Counter& count_;
    base::Slab<Stream> streams_;
    OpenStreams open_;
    base::Index by_peer_;
};

}  // namespace herald::sip
