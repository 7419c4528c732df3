// server/config/package_settings.h: the sections of the configuration file that belong to packages,
// and what the packages made of them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "packages/package.h"

namespace herald::server {

/// One entry for each package that has keys, in the order of packages::all().
class PackageSettings {
public:
    struct Entry {
        const packages::Package* package;
        packages::Values values;
        packages::SettingsPtr settings;  ///< what the package made of `values`
    };
    /// Values that a package refused; the settings made of its earlier values stay in force.
    struct Refusal {
        std::string key;  ///< "mwi.pbx"
        std::string why;
    };

    /// The defaults.
    PackageSettings();

    std::size_t size() const noexcept { return entries_.size(); }
    const Entry& operator[](std::size_t entry) const { return entries_[entry]; }
    packages::Value& value(std::size_t entry, std::size_t key) {
        return entries_[entry].values[key];
    }
    const packages::Value& value(std::size_t entry, std::size_t key) const {
        return entries_[entry].values[key];
    }

    /// nullptr for a package without keys.
    packages::SettingsPtr of(const packages::Package& package) const;

    /// Has every package make its settings anew; call it when values have changed.
    std::vector<Refusal> make();

private:
    std::vector<Entry> entries_;
};

}  // namespace herald::server
