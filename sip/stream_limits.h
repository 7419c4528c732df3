// sip/stream_limits.h: what the streams of a process may take, in all and from one source.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "base/id.h"
#include "sip/endpoint.h"

namespace herald::sip {

/// Connections, and bytes of messages that are not complete yet. A source is an address, or an IPv6
/// site. Shared by all shards; any thread. Locks one of sixteen parts, chosen by the source, when a
/// connection begins or ends, and when a read ends within a message.
class StreamLimits {
public:
    struct Most {
        std::size_t connections = 100'000;
        std::size_t connections_per_source = 1000;
        std::size_t bytes = 64 << 20;
        std::size_t bytes_per_source = 8 << 20;
    };
    explicit StreamLimits(const Most& most) : most_(most) {}

    /// Counts a connection in, until leave(). False: there are too many.
    bool enter(const Endpoint& peer);
    void leave(const Endpoint& peer);
    /// One connection of this peer, which entered, holds `after` bytes instead of `before`. False:
    /// that is too much, and nothing was changed; less is never refused.
    bool hold(const Endpoint& peer, std::size_t before, std::size_t after);

    std::size_t connections() const noexcept {
        return connections_.load(std::memory_order_relaxed);
    }
    std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

private:
    struct Share {
        std::size_t connections = 0;
        std::size_t bytes = 0;
    };
    struct alignas(64) Part {
        std::mutex mutex;
        std::unordered_map<std::uint64_t, Share> shares;  ///< by site_hash(); empty ones go
    };
    std::uint64_t site_of(const Endpoint& peer) const { return peer.site_hash(seed_); }
    Part& part_of(std::uint64_t site) { return parts_[site % parts_.size()]; }

    const Most most_;
    const std::uint64_t seed_ = base::random_u64();
    std::atomic<std::size_t> connections_{0};
    std::atomic<std::size_t> bytes_{0};
    std::array<Part, 16> parts_;
};

}  // namespace herald::sip
