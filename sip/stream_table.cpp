// sip/stream_table.cpp: the streams of one shard, by their flows and by their peers.
#include "sip/stream_table.h"

namespace herald::sip {

StreamTable::StreamTable(unsigned shard, base::Metrics& metrics)
    : shard_(shard),
      count_(metrics.gauge("herald_sip_connections", "Streams open or being opened")) {}

base::SlotId StreamTable::add(Stream stream) {
    const base::SlotId id = streams_.take(std::move(stream));
    by_peer_.insert(streams_[id.slot].peer.hash(seed_), id.slot);
    open_.open(id.slot, id.generation);
    count_.add();
    return id;
}

void StreamTable::remove(std::uint32_t slot) {
    by_peer_.erase(streams_[slot].peer.hash(seed_), slot);
    open_.close(slot);
    streams_.release(slot);
    count_.subtract();
}

Stream* StreamTable::find(const Flow& flow) noexcept {
    if (flow.shard != shard_) return nullptr;
    return streams_.find(base::SlotId{flow.slot, flow.generation});
}

const Stream* StreamTable::find(const Flow& flow) const noexcept {
    if (flow.shard != shard_) return nullptr;
    return streams_.find(base::SlotId{flow.slot, flow.generation});
}

std::uint32_t StreamTable::find_to(const Endpoint& peer, Protocol protocol,
                                   std::string_view domain) const {
    return by_peer_.find(peer.hash(seed_), [&](std::uint32_t at) {
        const Stream& its = streams_[at];
        if (its.peer != peer || its.protocol != protocol || !its.is_good()) return false;
        const TlsSession* const session = its.channel.session();
        return session == nullptr || session->is_with(domain);
    });
}

Flow StreamTable::flow_of(std::uint32_t slot) const {
    const Stream& stream = streams_[slot];
    return {.peer = stream.peer,
            .protocol = stream.protocol,
            .listener = stream.listener,
            .shard = static_cast<std::uint16_t>(shard_),
            .slot = slot,
            .generation = streams_.id_of(slot).generation};
}

}  // namespace herald::sip
