// server/config/config.cpp: reads TOML along the table of keys and reports every mistake with its
// line.
#include "server/config/config.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>

#include <toml++/toml.h>

#include "base/text.h"
#include "server/config/config_table.h"
#include "server/config/config_values.h"
#include "server/config/own_packages.h"

namespace herald::server {

namespace {

/// Nothing is suggested for a longer name: it is no typing mistake.
constexpr std::size_t kLongestSuggested = 64;
constexpr std::size_t kLongestRepeated = 100;
constexpr std::size_t kLargestFile = 1 << 20;

struct CloseFile {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

unsigned line_of(const toml::node& node) {
    return static_cast<unsigned>(node.source().begin.line);
}

/// At most kLongestRepeated bytes of a user's text, cut between UTF-8 characters, on one line.
std::string repeated(std::string_view text) {
    std::size_t end = std::min(text.size(), kLongestRepeated);
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
        --end;
    std::string out(text.substr(0, end));
    std::replace_if(
        out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return end < text.size() ? out + "..." : out;
}

std::string_view type_name(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "an array";
        case toml::node_type::string:
            return "a string";
        case toml::node_type::integer:
            return "a number";
        case toml::node_type::floating_point:
            return "a number with a fraction";
        case toml::node_type::boolean:
            return "true or false";
        default:
            return "a date or time";
    }
}

std::string_view wanted(ValueType type) {
    switch (type) {
        case ValueType::flag:
            return "true or false";
        case ValueType::number:
            return "a whole number";
        case ValueType::text:
            return "a string in quotes";
        case ValueType::list:
            return "an array of strings";
    }
    return {};
}

std::string range_of(const ConfigKey& key) {
    std::string out = std::to_string(key.min) + " to " + std::to_string(key.max);
    return key.unit.empty() ? out : out + " " + std::string(key.unit);
}

/// One pass over a document: what it set, and what was wrong.
class Reader {
public:
    explicit Reader(ConfigResult& result) : result_(result) {}

    void read(const toml::table& document) {
        for (const auto& [section, node] : document) read_section(section.str(), node);
        for (const BrokenRule& rule : broken_rules(result_.config))
            add_once(line_of_key(rule.key), rule.key + ": " + rule.text);
        for (const auto& refusal : result_.config.package_settings.make())
            add_once(line_of_key(refusal.key), refusal.key + ": " + refusal.why);
        std::stable_sort(result_.mistakes.begin(), result_.mistakes.end(),
                         [](const auto& a, const auto& b) { return a.line < b.line; });
    }

private:
    void add(unsigned line, std::string text) {
        result_.mistakes.push_back({line, std::move(text)});
    }

    /// A broken rule is not reported for a key whose own value was refused already.
    void add_once(unsigned line, std::string text) {
        const auto name = text.substr(0, text.find(':'));
        if (std::find(refused_.begin(), refused_.end(), name) == refused_.end())
            add(line, std::move(text));
    }

    unsigned line_of_key(std::string_view name) const {
        const auto found = lines_.find(name);
        return found == lines_.end() ? 0 : found->second;
    }

    void read_section(std::string_view section, const toml::node& node) {
        if (section == "package") return read_own_packages(node);
        if (section_help(section).empty()) {
            add(line_of(node), unknown_section(section, node));
            return;
        }
        const toml::table* table = node.as_table();
        if (table == nullptr) {
            add(line_of(node), std::string(section) + " is a section: write [" +
                                   std::string(section) + "] with its keys below");
            return;
        }
        for (const auto& [name, value] : *table) read_key(section, name.str(), value);
    }

    void read_own_packages(const toml::node& node) {
        const toml::array* list = node.as_array();
        if (list == nullptr || !list->is_array_of_tables())
            return add(line_of(node), "package is a list: write [[package]] with its keys below");
        for (const toml::node& each : *list) {
            std::vector<OwnPackageLine> lines;
            for (const auto& [key, value] : *each.as_table())
                lines.push_back({std::string(key.str()), own_value(value), line_of(value)});
            LineMistakes mistakes;
            auto& known = result_.config.own_packages;
            known.push_back(own_package(lines, line_of(each), known, mistakes));
            for (auto& [line, text] : mistakes) add(line, std::move(text));
        }
    }

    /// The value as own_package() takes it. A type that no key has becomes false, a number below 0
    /// becomes 0.
    static packages::Value own_value(const toml::node& node) {
        if (const auto* text = node.as_string()) return text->get();
        if (const auto* number = node.as_integer())
            return static_cast<std::uint64_t>(std::max<std::int64_t>(number->get(), 0));
        if (const auto* list = node.as_array()) {
            std::vector<std::string> texts;
            for (const toml::node& element : *list)
                texts.push_back(element.as_string() ? element.as_string()->get() : std::string());
            return texts;
        }
        return node.is_boolean() && node.as_boolean()->get();
    }

    void read_key(std::string_view section, std::string_view name, const toml::node& value) {
        const std::string written = std::string(section) + "." + std::string(name);
        for (const ConfigKey& key : config_keys()) {
            const bool is_meant = key.section == section && key.name == name;
            if (!is_meant && key.former != written) continue;
            if (!lines_.emplace(full_name(key), line_of(value)).second)
                return refuse(key, line_of(value),
                              "is set twice, also as " + std::string(key.former));
            return read_value(key, value);
        }
        add(line_of(value), unknown_key(section, name));
    }

    void refuse(const ConfigKey& key, unsigned line, const std::string& text) {
        refused_.push_back(full_name(key));
        add(line, full_name(key) + ": " + text);
    }

    void refuse_type(const ConfigKey& key, const toml::node& value) {
        refuse(
            key, line_of(value),
            "expected " + std::string(wanted(key.type)) + ", not " + std::string(type_name(value)));
    }

    void read_value(const ConfigKey& key, const toml::node& value) {
        switch (key.type) {
            case ValueType::flag:
                return read_flag(key, value);
            case ValueType::number:
                return read_number(key, value);
            case ValueType::text:
                return read_string(key, value);
            case ValueType::list:
                return read_list(key, value);
        }
    }

    void read_flag(const ConfigKey& key, const toml::node& value) {
        const auto* flag = value.as_boolean();
        if (flag == nullptr) return refuse_type(key, value);
        set_flag(key, result_.config, flag->get());
    }

    void read_number(const ConfigKey& key, const toml::node& value) {
        const auto* integer = value.as_integer();
        if (integer == nullptr) return refuse_type(key, value);
        const std::int64_t number = integer->get();
        if (number < 0 || static_cast<std::uint64_t>(number) < key.min ||
            static_cast<std::uint64_t>(number) > key.max) {
            return refuse(key, line_of(value),
                          std::to_string(number) + " is out of range, expected " + range_of(key));
        }
        set_number(key, result_.config, static_cast<std::uint64_t>(number));
    }

    void read_string(const ConfigKey& key, const toml::node& value) {
        const auto* text = value.as_string();
        if (text == nullptr) return refuse_type(key, value);
        const std::string mistake = read_text(key, result_.config, text->get());
        if (!mistake.empty()) refuse(key, line_of(value), mistake);
    }

    void read_list(const ConfigKey& key, const toml::node& value) {
        const toml::array* list = value.as_array();
        if (list == nullptr) return refuse_type(key, value);
        clear(key, result_.config);
        for (const toml::node& element : *list) {
            const auto* text = element.as_string();
            if (text == nullptr) {
                refuse(key, line_of(element),
                       "expected an array of strings, but this element is " +
                           std::string(type_name(element)));
                continue;
            }
            const std::string mistake = read_text(key, result_.config, text->get());
            if (!mistake.empty()) refuse(key, line_of(element), mistake);
        }
    }

    static std::string suggestion(std::string_view written, const std::vector<std::string>& known) {
        if (written.size() > kLongestSuggested) return {};
        std::size_t best = std::max<std::size_t>(2, written.size() / 3) + 1;
        std::string nearest;
        for (const std::string& name : known) {
            // The distance is at least the difference of the lengths.
            if (written.size() + best <= name.size() || name.size() + best <= written.size())
                continue;
            const std::size_t distance = edit_distance(written, name);
            if (distance < best) {
                best = distance;
                nearest = name;
            }
        }
        return nearest;
    }

    static std::string unknown_key(std::string_view section, std::string_view name) {
        std::string text = "unknown key " + std::string(section) + "." + repeated(name);
        std::vector<std::string> here;
        for (const ConfigKey& key : config_keys()) {
            if (key.section == section) here.emplace_back(key.name);
        }
        if (const auto nearest = suggestion(name, here); !nearest.empty()) {
            return text + "; did you mean " + std::string(section) + "." + nearest + "?";
        }
        return text + elsewhere(name);
    }

    static std::string unknown_section(std::string_view section, const toml::node& node) {
        const bool is_table = node.is_table();
        std::string text = is_table ? "unknown section [" + repeated(section) + "]"
                                    : "unknown key " + repeated(section);
        std::vector<std::string> sections;
        for (const ConfigKey& key : config_keys()) {
            if (sections.empty() || sections.back() != key.section)
                sections.emplace_back(key.section);
        }
        if (const auto moved = elsewhere(section); !is_table && !moved.empty()) return text + moved;
        const auto nearest = suggestion(section, sections);
        return nearest.empty() ? text : text + "; did you mean [" + nearest + "]?";
    }

    /// Where a key of this name does exist.
    static std::string elsewhere(std::string_view name) {
        std::string places;
        for (const ConfigKey& key : config_keys()) {
            if (key.name == name)
                places += (places.empty() ? "; there is " : " and ") + full_name(key);
        }
        return places;
    }

    ConfigResult& result_;
    std::map<std::string, unsigned, std::less<>> lines_;  ///< of the keys in the document
    std::vector<std::string> refused_;
};

std::string described(const ConfigKey& key) {
    std::string help(key.help);
    if (key.type == ValueType::number) help += " (" + range_of(key) + ")";
    if (!key.former.empty())
        help += " Earlier releases called it " + std::string(key.former) + ", which still works.";
    return key.is_reloadable ? help + " Reloadable." : help;
}

/// `text` as comment lines of at most 100 columns.
std::string comment(std::string_view text) {
    constexpr std::size_t kColumns = 100;
    std::string out;
    std::string line = "#";
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        if (line.size() + 1 + end > kColumns) {
            out += line + "\n";
            line = "#";
        }
        line += " " + std::string(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out + line + "\n";
}

}  // namespace

ConfigResult parse_config(std::string_view toml) {
    ConfigResult result{default_config(), {}};
    try {
        const toml::table document = toml::parse(toml);
        Reader(result).read(document);
    } catch (const toml::parse_error& error) {
        // The parser stops at the first place it cannot read.
        const auto line = static_cast<unsigned>(error.source().begin.line);
        result.mistakes.push_back({line, "not TOML: " + repeated(error.description())});
    }
    derive_defaults(result.config);
    return result;
}

Result<ConfigResult> load_config(const std::string& path) {
    const auto failure = [&path] {
        return Fault{FaultKind::io, path + ": " + std::strerror(errno)};
    };
    const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "re"));
    if (!file) return failure();
    std::string text;
    char piece[4096];
    while (const std::size_t size = std::fread(piece, 1, sizeof piece, file.get())) {
        text.append(piece, size);
        if (text.size() > kLargestFile)
            return Fault{FaultKind::io, path + ": a configuration is at most a megabyte long"};
    }
    if (std::ferror(file.get()) != 0) return failure();
    return parse_config(text);
}

std::string documented_example() {
    const Config defaults = default_config();
    std::string out = comment(
        "Herald's configuration: every key with its default. A line that is left out means the "
        "same.");
    std::string_view section;
    for (const ConfigKey& key : config_keys()) {
        if (key.section != section) {
            section = key.section;
            out += "\n" + comment(section_help(section)) + "[" + std::string(section) + "]\n";
        }
        out += "\n" + comment(described(key)) + std::string(key.name) + " = " +
               shown(key, defaults) + "\n";
    }
    out += own_package_example();
    out += "\n" + comment(to_text(worst_case(defaults)));
    return out;
}

WorstCase worst_case(const Config& config) {
    WorstCase worst;
    for (const ConfigKey& key : config_keys()) {
        if (key.filled == Filled::none) continue;
        const auto bytes = base::to_u64(key.show(config)).value_or(0);
        const bool is_both = key.filled == Filled::by_users_and_stored;
        if (key.filled == Filled::by_strangers) worst.unknown += bytes;
        if (key.filled == Filled::by_users || is_both) worst.known += bytes;
        if (key.filled == Filled::in_store || is_both) worst.stored += bytes;
    }
    // Files are served with as much again.
    if (!config.provisioning_listen.empty()) worst.unknown += config.http_buffer;
    return worst;
}

std::string to_text(const WorstCase& worst) {
    const auto mebibytes = [](std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; };
    return "At worst others can make Herald hold " + mebibytes(worst.unknown) +
           " of memory before it knows who they are, " + mebibytes(worst.known) +
           " more after that, and " + mebibytes(worst.stored) + " in the store.";
}

std::vector<ConfigChange> changed_keys(const Config& running, const Config& fresh) {
    std::vector<ConfigChange> changes;
    for (const ConfigKey& key : config_keys()) {
        if (shown(key, running) != shown(key, fresh))
            changes.push_back({full_name(key), key.is_reloadable});
    }
    return changes;
}

Config reloaded(Config running, const Config& fresh) {
    for (const ConfigKey& key : config_keys()) {
        if (key.is_reloadable) copy(key, fresh, running);
    }
    for (const auto& refusal : running.package_settings.make())
        base::log_warning("configuration.refused", {{"key", refusal.key}, {"why", refusal.why}});
    return running;
}

}  // namespace herald::server
