// server/access/audit.cpp: who changed what of lists and rules.
#include "server/access/audit.h"

#include <algorithm>
#include <utility>

namespace herald::server {

void Audit::add(store::AuditEntry entry, std::size_t most) {
    added_.tell(entry);
    entries_.push_back(std::move(entry));
    while (entries_.size() > most) entries_.pop_front();
}

std::uint64_t Audit::forgotten_before(std::size_t added, std::size_t most) const {
    if (entries_.size() + added <= most || entries_.empty()) return 0;
    const auto gone = std::min(entries_.size() + added - most, entries_.size());
    return gone == entries_.size() ? entries_.back().id + 1 : entries_[gone].id;
}

std::vector<store::AuditEntry> Audit::find(const AuditQuery& query) const {
    std::vector<store::AuditEntry> found;
    for (const auto& entry : entries_) {
        if (found.size() > query.limit) break;
        const bool fits = (query.resource.empty() || entry.resource == query.resource) &&
                          (query.actor.empty() || entry.actor == query.actor) &&
                          entry.at >= query.since && entry.id > query.after;
        if (fits) found.push_back(entry);
    }
    return found;
}

}  // namespace herald::server
