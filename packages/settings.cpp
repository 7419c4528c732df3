// packages/settings.cpp: the values of a package's keys.
#include "packages/settings.h"

#include <algorithm>
#include <cassert>

namespace herald::packages {

Values::Values(std::span<const SettingKey> keys) : keys_(keys) {
    values_.reserve(keys.size());
    for (const SettingKey& key : keys) values_.push_back(key.standard);
}

const Value& Values::at(std::string_view name) const {
    const auto found = std::find_if(keys_.begin(), keys_.end(),
                                    [name](const SettingKey& key) { return key.name == name; });
    assert(found != keys_.end());
    return values_[static_cast<std::size_t>(found - keys_.begin())];
}

}  // namespace herald::packages
