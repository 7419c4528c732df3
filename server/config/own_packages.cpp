// server/config/own_packages.cpp: event packages that the operator makes up: [[package]] of the
// configuration file.
#include "server/config/own_packages.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"

namespace herald::server {

namespace {

using packages::Access;
using packages::Composition;
using packages::GenericProfile;

/// Reads what one [[package]] says.
class OwnPackageReader {
public:
    OwnPackageReader(const std::vector<OwnPackageLine>& lines, unsigned at, LineMistakes& mistakes)
        : lines_(lines), at_(at), mistakes_(mistakes) {}

    std::optional<std::string> text(std::string_view key) {
        return value<std::string>(key, "a string in quotes");
    }
    std::optional<std::vector<std::string>> texts(std::string_view key) {
        return value<std::vector<std::string>>(key, "an array of strings");
    }
    std::optional<std::uint64_t> number(std::string_view key, std::uint64_t most) {
        const auto number = value<std::uint64_t>(key, "a whole number");
        if (number && (*number == 0 || *number > most))
            refuse(key, "expected 1 to " + std::to_string(most));
        return number;
    }
    /// Index of the text at `key` in `names`; 0 where it is not there.
    template <std::size_t N>
    std::size_t choice(std::string_view key, const std::array<std::string_view, N>& names) {
        const auto text = this->text(key);
        if (!text) return 0;
        const auto found = std::find(names.begin(), names.end(), *text);
        if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
        std::string known;
        for (const auto name : names)
            known.append(known.empty() ? "\"" : ", \"").append(name).append("\"");
        refuse(key, "\"" + *text + "\" is unknown, expected one of " + known);
        return 0;
    }
    void refuse(std::string_view key, const std::string& why) {
        const auto* found = find(key);
        mistakes_.emplace_back(found ? found->line : at_,
                               "package." + std::string(key) + ": " + why);
    }
    void refuse_unknown() {
        for (const auto& line : lines_) {
            if (std::find(known_.begin(), known_.end(), line.key) == known_.end())
                mistakes_.emplace_back(line.line, "unknown key package." + line.key);
        }
    }

private:
    const OwnPackageLine* find(std::string_view key) const {
        const auto found = std::find_if(lines_.begin(), lines_.end(),
                                        [key](const auto& line) { return line.key == key; });
        return found == lines_.end() ? nullptr : &*found;
    }
    template <class T>
    std::optional<T> value(std::string_view key, std::string_view wanted) {
        known_.push_back(key);
        const auto* line = find(key);
        if (!line) return std::nullopt;
        if (const auto* value = std::get_if<T>(&line->value)) return *value;
        refuse(key, "expected " + std::string(wanted));
        return std::nullopt;
    }

    const std::vector<OwnPackageLine>& lines_;
    const unsigned at_;
    LineMistakes& mistakes_;
    std::vector<std::string_view> known_;
};

/// A token (RFC 6665 8.4) without templates: those are the engine's.
bool is_package_name(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_';
    });
}

bool is_bare_type(std::string_view text) {
    const auto [type, subtype, found] = base::split_once(text, '/');
    const auto is_good = [](std::string_view part) {
        return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
            return base::is_alpha(c) || base::is_digit(c) ||
                   std::string_view("+-._").find(c) != std::string_view::npos;
        });
    };
    return found && is_good(type) && is_good(subtype);
}

bool is_taken(std::string_view name, const std::vector<GenericProfile>& earlier) {
    const auto is_same = [name](const GenericProfile& each) {
        return base::iequals(each.event, name);
    };
    return packages::is_built_in(name) || std::any_of(earlier.begin(), earlier.end(), is_same);
}

void read_types(OwnPackageReader& reader, GenericProfile& profile) {
    for (const auto& type : reader.texts("content_types").value_or(std::vector<std::string>())) {
        if (!is_bare_type(type))
            reader.refuse("content_types", "\"" + type + "\" is no media type");
        profile.types.push_back(base::lower(type));
    }
    if (profile.types.empty())
        reader.refuse("content_types", "expected at least one, [\"text/plain\"]");
}

}  // namespace

packages::GenericProfile own_package(const std::vector<OwnPackageLine>& lines, unsigned at,
                                     const std::vector<packages::GenericProfile>& earlier,
                                     LineMistakes& mistakes) {
    OwnPackageReader reader(lines, at, mistakes);
    GenericProfile profile;
    profile.event = reader.text("name").value_or("");
    if (!is_package_name(profile.event)) {
        reader.refuse("name", "expected letters, digits, - and _");
    } else if (is_taken(profile.event, earlier)) {
        reader.refuse("name", "there is a package \"" + profile.event + "\" already");
    }
    profile.title = reader.text("title").value_or(profile.event);
    read_types(reader, profile);
    constexpr std::array<std::string_view, 3> kCompositions{"last", "none", "keys"};
    profile.composition = static_cast<Composition>(reader.choice("composition", kCompositions));
    constexpr std::array<std::string_view, 2> kWatchers{"owner", "same_domain"};
    profile.access = reader.choice("watch", kWatchers) == 1 ? Access::same_domain : Access::owner;
    constexpr std::array<std::string_view, 2> kPublishers{"publishers", "owner"};
    profile.is_published_by_owner = reader.choice("publish", kPublishers) == 1;
    profile.default_expires =
        static_cast<std::uint32_t>(reader.number("expires", 604800).value_or(3600));
    profile.max_expires = std::max(profile.max_expires, profile.default_expires);
    profile.max_body = reader.number("max_body", 262144).value_or(profile.max_body);
    profile.empty = reader.text("empty").value_or("");
    reader.refuse_unknown();
    return profile;
}

std::string_view own_package_example() noexcept {
    return "\n# An event package without code, as often as you like: documents are passed on as "
           "they\n"
           "# are. composition: \"last\" (the latest counts), \"none\" (each is told), \"keys\" "
           "(of lines\n"
           "# \"key: value\" the latest of each key). watch: \"owner\" or \"same_domain\"; "
           "publish:\n"
           "# \"publishers\" or \"owner\". `empty` is told where nothing was published.\n"
           "#[[package]]\n"
           "#name = \"x-parking\"\n"
           "#title = \"Parking slots\"\n"
           "#content_types = [\"text/plain\"]\n"
           "#composition = \"last\"\n"
           "#watch = \"same_domain\"\n"
           "#publish = \"publishers\"\n"
           "#expires = 3600\n"
           "#max_body = 65536\n"
           "#empty = \"\"\n";
}

}  // namespace herald::server
