// pidf/grants.cpp: what many rules grant, added up.
#include "pidf/grants.h"

#include <algorithm>

namespace herald::pidf {

GrantSum::Key::Key(const Selector& of) noexcept
    : beginning(static_cast<std::uint64_t>(of.by) << 56), selector(&of) {
    for (std::size_t i = 0; i < 7 && i < of.value.size(); ++i)
        beginning |= std::uint64_t{static_cast<std::uint8_t>(of.value[i])} << (48 - 8 * i);
}

bool GrantSum::Key::operator<(const Key& other) const {
    return beginning != other.beginning ? beginning < other.beginning : *selector < *other.selector;
}

bool GrantSum::Key::operator==(const Key& other) const {
    return beginning == other.beginning && *selector == *other.selector;
}

void GrantSum::Part::add(const Components& components) {
    is_all_ = is_all_ || components.is_all;
    if (is_all_) return;
    for (const auto& selector : components.selected) keys_.emplace_back(selector);
    if (keys_.size() < most_) return;
    // Rules mostly grant what others do.
    tidy();
    most_ = std::max(kFew, 2 * keys_.size());
}

/// Sorted, each once.
void GrantSum::Part::tidy() {
    std::sort(keys_.begin(), keys_.end());
    keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
}

Components GrantSum::Part::total() {
    if (is_all_) return {.is_all = true, .selected = {}};
    tidy();
    Components sum;
    sum.selected.reserve(keys_.size());
    for (const auto& key : keys_) sum.selected.push_back(*key.selector);
    return sum;
}

void GrantSum::add(const Permissions& grant) {
    services_.add(grant.services);
    persons_.add(grant.persons);
    devices_.add(grant.devices);
    rest_.attributes |= grant.attributes;
    rest_.user_input = std::max(rest_.user_input, grant.user_input);
    rest_.has_all_attributes = rest_.has_all_attributes || grant.has_all_attributes;
    rest_.dialog_view = std::max(rest_.dialog_view, grant.dialog_view);
    for (const auto& name : grant.unknown) rest_.grant_unknown(name);
}

Permissions GrantSum::total() {
    Permissions sum = rest_;
    sum.services = services_.total();
    sum.persons = persons_.total();
    sum.devices = devices_.total();
    return sum;
}

}  // namespace herald::pidf
