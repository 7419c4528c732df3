// server/notify/told_parts.cpp: what one watcher was told of a state that comes in several
// documents.
#include "server/notify/told_parts.h"

#include <algorithm>
#include <utility>

namespace herald::server {

bool ToldParts::has_other_alert(const packages::Composed& part) const {
    const auto found = parts_.find(part.name);
    return found != parts_.end() && found->second.is_told && found->second.alert != part.alert;
}

bool ToldParts::is_owed(const packages::Composed& part) const {
    const auto found = parts_.find(part.name);
    if (found == parts_.end() || !found->second.is_told) return true;
    return found->second.fingerprint != part.fingerprint ||
           found->second.version < part.newest_item;
}

bool ToldParts::is_alert(const packages::Composed& whole) const {
    return std::any_of(whole.parts.begin(), whole.parts.end(),
                       [this](const auto& part) { return has_other_alert(part); });
}

std::optional<std::size_t> ToldParts::owed(const packages::Composed& whole) const {
    const auto& parts = whole.parts;
    const auto last = std::find_if(parts.begin(), parts.end(),
                                   [this](const auto& part) { return part.name == last_; });
    const bool has_begun = !parts_.empty() && last != parts.end();
    const auto first = has_begun ? static_cast<std::size_t>(last - parts.begin()) + 1 : 0;
    std::optional<std::size_t> next;
    for (std::size_t n = 0; n < parts.size(); ++n) {
        const auto index = (first + n) % parts.size();
        if (has_other_alert(parts[index])) return index;
        if (!next && is_owed(parts[index])) next = index;
    }
    return next;
}

std::uint64_t ToldParts::note(const packages::Composed& part, std::uint64_t version) {
    last_ = part.name;
    auto& told = parts_[part.name];
    const auto before = std::exchange(told.version, version);
    told.fingerprint = part.fingerprint;
    told.alert = part.alert;
    told.is_told = true;
    return before;
}

void ToldParts::take_back(const std::string& name, std::uint64_t version) {
    const auto found = parts_.find(name);
    if (found == parts_.end()) return;
    found->second.version = version;
    found->second.is_told = false;
}

}  // namespace herald::server
