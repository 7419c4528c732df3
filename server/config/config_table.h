// server/config/config_table.h: the one table of configuration keys, from which reading, checks and
// documentation come.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/config/config.h"

namespace herald::server {

enum class ValueType : std::uint8_t { flag, number, text, list };

/// Whether a key bounds bytes that others can fill, in the whole process.
enum class Filled : std::uint8_t {
    none,
    by_strangers,  ///< memory, before Herald knows who they are
    by_users,      ///< memory, after that
    in_store,
    by_users_and_stored,  ///< memory, and the same in the store
};

/// One key. The functions touch one member of Config; those that do not belong to `type` are null.
/// All are null for a key of a package, whose values are in Config::package_settings.
struct ConfigKey {
    std::string_view section;
    std::string_view name;
    ValueType type = ValueType::text;
    std::string_view help;
    std::string_view unit;  ///< "s", "ms", "bytes"; empty: none
    std::uint64_t min = 0;  ///< numbers
    std::uint64_t max = 0;
    std::string_view former;  ///< "section.name" of earlier releases, which still works
    bool is_reloadable = false;
    Filled filled = Filled::none;

    void (*set_flag)(Config&, bool) = nullptr;
    void (*set_number)(Config&, std::uint64_t) = nullptr;
    /// Text: takes the value. List: appends one element. Returns what is wrong with it, empty for
    /// nothing.
    std::string (*read)(Config&, std::string_view) = nullptr;
    void (*clear)(Config&) = nullptr;
    /// The value as a TOML literal.
    std::string (*show)(const Config&) = nullptr;
    void (*copy)(const Config& from, Config& to) = nullptr;

    const packages::SettingKey* setting = nullptr;  ///< of a package
    std::size_t package = 0;                        ///< entry of Config::package_settings
    std::size_t index = 0;                          ///< among that package's keys
};

// What can be done with a key, the engine's or a package's.
void set_flag(const ConfigKey& key, Config& config, bool value);
void set_number(const ConfigKey& key, Config& config, std::uint64_t value);
/// Returns what is wrong with a text or an element; empty: nothing, and it was taken.
std::string read_text(const ConfigKey& key, Config& config, std::string_view value);
void clear(const ConfigKey& key, Config& config);
std::string shown(const ConfigKey& key, const Config& config);
void copy(const ConfigKey& key, const Config& from, Config& to);

std::span<const ConfigKey> config_keys() noexcept;
/// What a line of help says before each section; empty: there is no such section.
std::string section_help(std::string_view section) noexcept;
/// "sip.realm"
std::string full_name(const ConfigKey& key);

/// Config with the defaults that are more than a constant: the listening addresses.
Config default_config();
/// Fills in what depends on other keys: domains from the listening addresses, the realm from the
/// domains.
void derive_defaults(Config& config);

/// A broken combination of keys; `key` is the one to blame, as full_name() gives it.
struct BrokenRule {
    std::string key;
    std::string text;
};
/// Checks of more than one key. Call before derive_defaults().
std::vector<BrokenRule> broken_rules(const Config& config);

}  // namespace herald::server
