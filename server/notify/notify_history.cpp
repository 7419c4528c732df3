// server/notify/notify_history.cpp: the last NOTIFYs of a shard and what became of them.
#include "server/notify/notify_history.h"

#include <algorithm>

namespace herald::server {

void NotifyHistory::Ring::add(const PastNotify& notify) {
    if (kept_.size() < most_) return kept_.push_back(notify);
    kept_[next_] = notify;
    next_ = (next_ + 1) % most_;
}

std::vector<PastNotify> NotifyHistory::of(SubscriptionTable::Id id, std::size_t most) const {
    std::vector<PastNotify> found;
    for (const auto* ring : {&answered_, &failed_}) {
        for (const auto& notify : ring->all()) {
            if (notify.subscription == pack(id)) found.push_back(notify);
        }
    }
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a.cseq > b.cseq; });
    if (found.size() > most) found.resize(most);
    return found;
}

}  // namespace herald::server
