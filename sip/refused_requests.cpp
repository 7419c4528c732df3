// sip/refused_requests.cpp: requests that were turned away for want of time, so that their copies
// are too.
#include "sip/refused_requests.h"

namespace herald::sip {

void RefusedRequests::remember(const base::Hash128& transaction, base::Instant now) {
    if (entries_.empty()) entries_.resize(kEntries);
    entries_[transaction.low % kEntries] = {.high = transaction.high, .until = now + lifetime_};
}

bool RefusedRequests::has(const base::Hash128& transaction, base::Instant now) const noexcept {
    if (entries_.empty()) return false;
    const Entry& entry = entries_[transaction.low % kEntries];
    return entry.high == transaction.high && now < entry.until;
}

}  // namespace herald::sip
