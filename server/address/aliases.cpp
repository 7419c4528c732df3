// server/address/aliases.cpp: addresses-of-record that stand for another one, as one shard holds
// them.
#include "server/address/aliases.h"

#include <algorithm>
#include <functional>

namespace herald::server {

std::string_view Aliases::resolve(std::string_view aor) const {
    if (resources_.empty()) return aor;
    const auto found = resources_.find(aor);
    return found == resources_.end() ? aor : std::string_view(found->second);
}

std::string_view Aliases::find(std::string_view aor) const {
    const auto found = resources_.find(aor);
    return found == resources_.end() ? std::string_view() : std::string_view(found->first);
}

bool Aliases::knows(std::string_view aor) const {
    return resources_.contains(aor) || referents_.contains(aor);
}

void Aliases::put(const store::Alias& alias) {
    remove(alias.aor);
    resources_.emplace(alias.aor, alias.resource);
    ++referents_[alias.resource];
    is_used_ = true;
}

void Aliases::remove(std::string_view aor) {
    const auto found = resources_.find(aor);
    if (found == resources_.end()) return;
    const auto referent = referents_.find(found->second);
    if (--referent->second == 0) referents_.erase(referent);
    resources_.erase(found);
}

Status Aliases::check(const store::Alias& alias, std::size_t most) const {
    if (alias.aor == alias.resource)
        return Fault{FaultKind::malformed, alias.aor + " cannot stand for itself"};
    if (const auto beyond = resolve(alias.resource); beyond != alias.resource) {
        return Fault{FaultKind::conflict, alias.resource + " is an alias itself, of " +
                                              std::string(beyond) + "; name that one"};
    }
    if (referents_.contains(alias.aor)) {
        const auto first = std::find_if(resources_.begin(), resources_.end(),
                                        [&](const auto& each) { return each.second == alias.aor; });
        return Fault{FaultKind::conflict, first->first + " is an alias of " + alias.aor +
                                              "; an alias of an alias is not possible"};
    }
    if (!resources_.contains(alias.aor) && resources_.size() >= most) {
        return Fault{FaultKind::limit_reached,
                     "There are resources.max_aliases aliases: " + std::to_string(most)};
    }
    return {};
}

std::vector<store::Alias> Aliases::page(std::string_view resource, std::string_view after,
                                        std::size_t limit, std::size_t& total) const {
    std::vector<const std::pair<const std::string, std::string>*> found;
    total = 0;
    for (const auto& each : resources_) {
        if (!resource.empty() && each.second != resource) continue;
        ++total;
        if (after.empty() || each.first > after) found.push_back(&each);
    }
    const auto count = std::min(limit, found.size());
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count),
                      found.end(),
                      [](const auto* a, const auto* b) { return a->first < b->first; });
    std::vector<store::Alias> rows;
    for (std::size_t i = 0; i < count; ++i) rows.push_back({found[i]->first, found[i]->second});
    return rows;
}

}  // namespace herald::server
