// sip/stream_limits.cpp: what the streams of a process may take, in all and from one source.
#include "sip/stream_limits.h"

namespace herald::sip {

bool StreamLimits::enter(const Endpoint& peer) {
    const std::uint64_t site = site_of(peer);
    Part& part = part_of(site);
    const std::lock_guard lock(part.mutex);
    if (connections_.fetch_add(1, std::memory_order_relaxed) < most_.connections) {
        const auto known = part.shares.find(site);
        const std::size_t there = known == part.shares.end() ? 0 : known->second.connections;
        if (there < most_.connections_per_source) return ++part.shares[site].connections, true;
    }
    connections_.fetch_sub(1, std::memory_order_relaxed);
    return false;
}

void StreamLimits::leave(const Endpoint& peer) {
    const std::uint64_t site = site_of(peer);
    Part& part = part_of(site);
    const std::lock_guard lock(part.mutex);
    connections_.fetch_sub(1, std::memory_order_relaxed);
    const auto share = part.shares.find(site);
    if (share == part.shares.end()) return;
    if (--share->second.connections == 0) part.shares.erase(share);
}

bool StreamLimits::hold(const Endpoint& peer, std::size_t before, std::size_t after) {
    const std::uint64_t site = site_of(peer);
    Part& part = part_of(site);
    const std::lock_guard lock(part.mutex);
    Share& share = part.shares[site];
    const bool is_more = after > before;
    const std::size_t of_source = share.bytes - before + after;
    const std::size_t in_all =
        bytes_.fetch_add(after - before, std::memory_order_relaxed) + after - before;
    if (is_more && (of_source > most_.bytes_per_source || in_all > most_.bytes)) {
        bytes_.fetch_sub(after - before, std::memory_order_relaxed);
        return false;
    }
    share.bytes = of_source;
    return true;
}

}  // namespace herald::sip
