// server/config/config_rows.h: how a row of the configuration table is made: what each type of key
// reads, shows and copies.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "server/config/config_table.h"
#include "server/config/config_values.h"

namespace herald::server::rows {

constexpr std::uint64_t kMostMemory = std::uint64_t{1} << 34;
constexpr std::uint64_t kMostStored = std::uint64_t{1} << 40;

/// What every row begins with.
struct Description {
    std::string_view section, name, help;
    bool is_reloadable = false;
};
struct Range {
    std::uint64_t min, max;
    std::string_view unit = {};
};

template <auto Member>
void copy_member(const Config& from, Config& to) {
    to.*Member = from.*Member;
}

constexpr ConfigKey row(const Description& d, ValueType type) {
    ConfigKey key;
    key.section = d.section;
    key.name = d.name;
    key.help = d.help;
    key.is_reloadable = d.is_reloadable;
    key.type = type;
    return key;
}

template <auto Member>
constexpr ConfigKey flag(const Description& d) {
    ConfigKey key = row(d, ValueType::flag);
    key.set_flag = [](Config& config, bool value) { config.*Member = value; };
    key.show = [](const Config& config) -> std::string {
        return config.*Member ? "true" : "false";
    };
    key.copy = copy_member<Member>;
    return key;
}

template <auto Member>
constexpr ConfigKey number(const Description& d, const Range& range) {
    ConfigKey key = row(d, ValueType::number);
    key.min = range.min;
    key.max = range.max;
    key.unit = range.unit;
    key.set_number = [](Config& config, std::uint64_t value) {
        config.*Member = static_cast<std::remove_reference_t<decltype(config.*Member)>>(value);
    };
    key.show = [](const Config& config) { return std::to_string(config.*Member); };
    key.copy = copy_member<Member>;
    return key;
}

/// With the name it had before: "section.name".
constexpr ConfigKey formerly(std::string_view name, ConfigKey key) {
    key.former = name;
    return key;
}

/// Bytes that others can fill.
template <auto Member>
constexpr ConfigKey budget(const Description& d, std::uint64_t min,
                           Filled filled = Filled::by_strangers) {
    const auto most = filled == Filled::in_store ? kMostStored : kMostMemory;
    ConfigKey key = number<Member>(d, {min, most, "bytes"});
    key.filled = filled;
    return key;
}

using Read = std::string (*)(Config&, std::string_view);
using Show = std::string (*)(const Config&);

/// A text key with its own way of being read and shown.
template <auto Member>
constexpr ConfigKey text(const Description& d, Read read, Show show) {
    ConfigKey key = row(d, ValueType::text);
    key.read = read;
    key.show = show;
    key.copy = copy_member<Member>;
    return key;
}
/// Any string that `read` takes.
template <auto Member>
constexpr ConfigKey text(const Description& d, Read read) {
    return text<Member>(d, read, [](const Config& config) { return toml_quoted(config.*Member); });
}
/// Any string.
template <auto Member>
constexpr ConfigKey text(const Description& d) {
    return text<Member>(d, [](Config& config, std::string_view value) -> std::string {
        config.*Member = value;
        return {};
    });
}

template <auto Member>
constexpr ConfigKey list(const Description& d, Read read, Show show) {
    ConfigKey key = row(d, ValueType::list);
    key.read = read;
    key.show = show;
    key.clear = [](Config& config) { (config.*Member).clear(); };
    key.copy = copy_member<Member>;
    return key;
}

/// Appends the parsed element, or returns why it cannot be parsed.
template <auto Member, auto Parse>
std::string read_element(Config& config, std::string_view value) {
    auto parsed = Parse(value);
    if (!parsed) return parsed.fault().detail;
    (config.*Member).push_back(*std::move(parsed));
    return {};
}
template <auto Member>
std::string show_elements(const Config& config) {
    std::vector<std::string> values;
    for (const auto& element : config.*Member) values.push_back(to_string(element));
    return toml_list(values);
}

}  // namespace herald::server::rows
