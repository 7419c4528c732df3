// sip/refused_requests.cpp: requests that were turned away for lack of time, so that their copies
// are too.
#include "sip/refused_requests.h"

#include <algorithm>

namespace herald::sip {

namespace {

/// Ticks in a lifetime. Sixteen bits hold 64 of those: what is older is no more mistaken for young
/// than one fingerprint for another.
constexpr int kTicks = 1024;

std::uint64_t fingerprint(const base::Hash128& transaction) noexcept {
    return std::max<std::uint64_t>(transaction.high >> 16, 1);
}

}  // namespace

RefusedRequests::RefusedRequests(base::Duration lifetime, base::Counter& forgotten)
    : lifetime_(lifetime), forgotten_(forgotten) {}

std::uint16_t RefusedRequests::tick(base::Instant now) const noexcept {
    return static_cast<std::uint16_t>(now.time_since_epoch() / (lifetime_ / kTicks));
}

std::uint16_t RefusedRequests::age(Entry entry, base::Instant now) const noexcept {
    return static_cast<std::uint16_t>(tick(now) - static_cast<std::uint16_t>(entry));
}

void RefusedRequests::remember(const base::Hash128& transaction, base::Instant now) {
    if (shelves_.empty()) shelves_.resize(kShelves);
    auto& shelf = shelves_[transaction.low % kShelves];
    const auto wanted = fingerprint(transaction);
    auto place = std::find_if(shelf.begin(), shelf.end(),
                              [&](Entry entry) { return entry == 0 || entry >> 16 == wanted; });
    if (place == shelf.end()) {
        place = std::max_element(shelf.begin(), shelf.end(),
                                 [&](Entry a, Entry b) { return age(a, now) < age(b, now); });
        if (age(*place, now) < kTicks) forgotten_.add();
    }
    *place = wanted << 16 | tick(now);
}

bool RefusedRequests::has(const base::Hash128& transaction, base::Instant now) const noexcept {
    if (shelves_.empty()) return false;
    const auto& shelf = shelves_[transaction.low % kShelves];
    const auto wanted = fingerprint(transaction);
    return std::any_of(shelf.begin(), shelf.end(), [&](Entry entry) {
        return entry >> 16 == wanted && age(entry, now) < kTicks;
    });
}

}  // namespace herald::sip
