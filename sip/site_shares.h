// sip/site_shares.h: how much of a table the requests of each source hold, so that none fills it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/id.h"
#include "sip/address_range.h"
#include "sip/endpoint.h"

namespace herald::sip {

/// By site: an address, or an IPv6 /64. Of fixed size, so that one in 4096 sites shares with
/// another. Peers that speak for many, trusted proxies, have no share to keep to.
class SiteShares {
public:
    using Site = std::uint16_t;
    static constexpr unsigned kSiteBits = 12;

    explicit SiteShares(std::vector<AddressRange> trusted);

    Site site_of(const Endpoint& peer) const noexcept;
    void add(Site site, std::size_t bytes) noexcept {
        held_[site] += static_cast<std::uint32_t>(bytes);
    }
    void take_back(Site site, std::size_t bytes) noexcept {
        held_[site] -= static_cast<std::uint32_t>(bytes);
    }
    /// Whether the peer holds more than an eighth of a table that is more than half full.
    bool is_greedy(const Endpoint& peer, std::size_t used, std::size_t most) const noexcept;

private:
    const std::vector<AddressRange> trusted_;
    std::array<std::uint32_t, 1U << kSiteBits> held_{};  ///< bytes
    const std::uint64_t seed_ = base::random_u64();
};

}  // namespace herald::sip
