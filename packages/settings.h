// packages/settings.h: what an operator may set of a package: its keys, their values, and what the
// package makes of them.
//
//   keys() -> a section of the configuration file -> Values -> settings() -> Settings
//   The engine reads, checks, shows and reloads the section; only the package knows what it means.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace herald::packages {

using Value = std::variant<bool, std::uint64_t, std::string, std::vector<std::string>>;

/// One key of a package's section.
struct SettingKey {
    std::string_view name;
    std::string_view help;  ///< whole sentences
    Value standard;         ///< the default; it has the type that values must have
    std::uint64_t min = 0;  ///< of a number
    std::uint64_t max = 0;  ///< of a number
    std::string_view unit;  ///< "s", "bytes"; empty: none
    bool is_reloadable = false;
    /// What is wrong with a text, or with one element of a list behind those before it; empty:
    /// nothing.
    std::string (*check)(std::string_view value, std::span<const std::string> earlier) = nullptr;
};

/// A value for each key of a package. Asking for a key that the package does not have, or for
/// another type, is a mistake of the program.
class Values {
public:
    /// The defaults. `keys` outlive the values.
    explicit Values(std::span<const SettingKey> keys);

    std::span<const SettingKey> keys() const noexcept { return keys_; }
    Value& operator[](std::size_t key) { return values_[key]; }
    const Value& operator[](std::size_t key) const { return values_[key]; }

    bool flag(std::string_view name) const { return std::get<bool>(at(name)); }
    std::uint64_t number(std::string_view name) const { return std::get<std::uint64_t>(at(name)); }
    const std::string& text(std::string_view name) const { return std::get<std::string>(at(name)); }
    const std::vector<std::string>& list(std::string_view name) const {
        return std::get<std::vector<std::string>>(at(name));
    }

private:
    const Value& at(std::string_view name) const;

    std::span<const SettingKey> keys_;
    std::vector<Value> values_;
};

/// What a package made of its values: checked, immutable, shared by all threads.
class Settings {
public:
    virtual ~Settings() = default;
};
using SettingsPtr = std::shared_ptr<const Settings>;

}  // namespace herald::packages
