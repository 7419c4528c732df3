// sip/site_shares.cpp: how much of a table the requests of each source hold.
#include "sip/site_shares.h"

#include <algorithm>
#include <utility>

namespace herald::sip {
namespace {

/// Of a table that is more than half full nobody holds more than one of these parts.
constexpr std::size_t kParts = 8;

}  // namespace

SiteShares::SiteShares(std::vector<AddressRange> trusted) : trusted_(std::move(trusted)) {}

SiteShares::Site SiteShares::site_of(const Endpoint& peer) const noexcept {
    return static_cast<Site>(peer.site_hash(seed_) >> (64 - kSiteBits));
}

bool SiteShares::is_greedy(const Endpoint& peer, std::size_t used,
                           std::size_t most) const noexcept {
    if (used <= most / 2 || held_[site_of(peer)] <= most / kParts) return false;
    return std::none_of(trusted_.begin(), trusted_.end(),
                        [&](const AddressRange& range) { return range.contains(peer); });
}

}  // namespace herald::sip
