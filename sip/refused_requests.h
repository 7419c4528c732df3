// sip/refused_requests.h: requests that were turned away for want of time, so that their copies are
// too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/hash128.h"
#include "base/time.h"

namespace herald::sip {

/// A client that waits for its answer sends copies, and some of them wait behind the request. Were
/// one served after the request was refused, its client would never know (RFC 3261 8.2.7: a copy
/// gets the same answer). A table of fixed size, made with the first refusal: what is refused later
/// takes the place of what was refused before.
class RefusedRequests {
public:
    /// Remembers for `lifetime` at most.
    explicit RefusedRequests(base::Duration lifetime) : lifetime_(lifetime) {}

    void remember(const base::Hash128& transaction, base::Instant now);
    bool has(const base::Hash128& transaction, base::Instant now) const noexcept;

private:
    struct Entry {
        std::uint64_t high = 0;
        base::Instant until{};
    };
    /// A mebibyte; at 20,000 refusals a second six in seven are still known when the first copy
    /// comes.
    static constexpr std::size_t kEntries = 1 << 16;

    const base::Duration lifetime_;
    std::vector<Entry> entries_;
};

}  // namespace herald::sip
