// server/config/package_settings.cpp: the sections of the configuration file that belong to
// packages.
#include "server/config/package_settings.h"

#include <algorithm>
#include <cassert>

#include "base/text.h"

namespace herald::server {

PackageSettings::PackageSettings() {
    for (const auto* package : packages::all()) {
        const auto keys = package->keys();
        if (!keys.empty()) entries_.push_back({package, packages::Values(keys), nullptr});
    }
    [[maybe_unused]] const auto refusals = make();
    assert(refusals.empty());
}

packages::SettingsPtr PackageSettings::of(const packages::Package& package) const {
    const auto found =
        std::find_if(entries_.begin(), entries_.end(),
                     [&package](const Entry& entry) { return entry.package == &package; });
    return found == entries_.end() ? nullptr : found->settings;
}

std::vector<PackageSettings::Refusal> PackageSettings::make() {
    std::vector<Refusal> refusals;
    for (Entry& entry : entries_) {
        auto made = entry.package->settings(entry.values);
        if (made) {
            entry.settings = *std::move(made);
            continue;
        }
        const auto [key, why, found] = base::split_once(made.fault().detail, ':');
        refusals.push_back({std::string(entry.package->profile().section) + "." + std::string(key),
                            std::string(base::trim(why))});
    }
    return refusals;
}

}  // namespace herald::server
