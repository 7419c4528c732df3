// sip/refused_requests.h: requests that were turned away for want of time, so that their copies are
// too.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/hash128.h"
#include "base/metrics.h"
#include "base/time.h"

namespace herald::sip {

/// A client that waits for its answer sends copies, and some of them wait behind the request. Were
/// one served after the request was refused, its client would never know (RFC 3261 8.2.7: a copy
/// gets the same answer). A table of fixed size, 8 MiB, made with the first refusal: at 20,000
/// refusals a second fewer than one in ten thousand are forgotten when the fourth copy comes, 7.5 s
/// later. What is forgotten before its time is counted.
class RefusedRequests {
public:
    /// Remembers for `lifetime` at most.
    RefusedRequests(base::Duration lifetime, base::Counter& forgotten);

    void remember(const base::Hash128& transaction, base::Instant now);
    bool has(const base::Hash128& transaction, base::Instant now) const noexcept;

private:
    /// A fingerprint of 48 bits, and the tick of the refusal. All zeros: none.
    using Entry = std::uint64_t;
    /// One line of the processor's cache. The oldest makes place.
    using Shelf = std::array<Entry, 8>;
    static constexpr std::size_t kShelves = 1 << 17;

    std::uint16_t tick(base::Instant now) const noexcept;
    std::uint16_t age(Entry entry, base::Instant now) const noexcept;

    const base::Duration lifetime_;
    base::Counter& forgotten_;
    std::vector<Shelf> shelves_;
};

}  // namespace herald::sip
