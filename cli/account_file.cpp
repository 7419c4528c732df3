// cli/account_file.cpp: accounts as other programs keep them.
#include "cli/account_file.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/text.h"

namespace herald::cli {
namespace {

using Accounts = std::vector<FileAccount>;

Fault wrong(std::size_t line, const std::string& why) {
    return Fault{FaultKind::malformed, "line " + std::to_string(line) + ": " + why};
}

std::string_view take_line(std::string_view& text) {
    auto [line, rest, found] = base::split_once(text, '\n');
    text = rest;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// The cells of a line: between commas, tabs or bars, in quotes or not.
std::vector<std::string> cells_of(std::string_view line, char between) {
    std::vector<std::string> cells(1);
    bool is_quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        const bool is_doubled = is_quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"';
        if (is_doubled) {
            cells.back() += '"';
            ++i;
        } else if (c == '"') {
            is_quoted = !is_quoted;
        } else if (c == between && !is_quoted) {
            cells.emplace_back();
        } else {
            cells.back() += c;
        }
    }
    for (auto& cell : cells) cell = std::string(base::trim(cell));
    return cells;
}

char separator_of(std::string_view heading) {
    for (const char c : {'\t', ';', '|'}) {
        if (heading.find(c) != std::string_view::npos) return c;
    }
    return ',';
}

/// A table whose first line names its columns.
class Table {
public:
    explicit Table(std::string_view text) : rest_(text) {
        constexpr std::string_view kMark = "\xEF\xBB\xBF";
        if (rest_.starts_with(kMark)) rest_.remove_prefix(kMark.size());
        const auto heading = take_line(rest_);
        separator_ = separator_of(heading);
        for (const auto& name : cells_of(heading, separator_)) names_.push_back(base::lower(name));
    }

    bool has(std::string_view name) const {
        return std::find(names_.begin(), names_.end(), name) != names_.end();
    }
    /// False: there are no more rows. Empty lines are none.
    bool next() {
        while (!rest_.empty()) {
            const auto line = take_line(rest_);
            ++line_;
            if (base::trim(line).empty()) continue;
            cells_ = cells_of(line, separator_);
            return true;
        }
        return false;
    }
    std::size_t line() const noexcept { return line_; }
    /// Whether the row has a cell for each name, and none besides.
    bool is_whole() const { return cells_.size() == names_.size(); }
    std::string at(std::string_view name) const {
        const auto found = std::find(names_.begin(), names_.end(), name);
        const auto index = static_cast<std::size_t>(found - names_.begin());
        const bool is_null =
            index < cells_.size() && (cells_[index] == "NULL" || cells_[index] == "\\N");
        return index < cells_.size() && !is_null ? cells_[index] : std::string();
    }
    const std::vector<std::string>& names() const noexcept { return names_; }

private:
    std::string_view rest_;
    char separator_ = ',';
    std::vector<std::string> names_, cells_;
    std::size_t line_ = 1;
};

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const auto [word, rest, found] = base::split_once(text, ' ');
        if (!word.empty()) words.emplace_back(word);
        text = rest;
    }
    return words;
}

/// One `[name]` of a configuration of Asterisk.
struct Section {
    std::size_t line = 0;
    std::string name;
    std::map<std::string, std::string, std::less<>> values;

    std::string at(std::string_view key) const {
        const auto found = values.find(key);
        return found == values.end() ? std::string() : found->second;
    }
};

/// "[alice](template)": its name, and what it has from templates.
Section begin_section(std::string_view line, std::size_t number,
                      const std::vector<Section>& earlier) {
    const auto end = line.find(']');
    Section section{number, std::string(line.substr(1, end == line.npos ? end : end - 1)), {}};
    const auto rest = end == line.npos ? std::string_view() : line.substr(end + 1);
    if (!rest.starts_with('(')) return section;
    std::string_view list =
        rest.substr(1, rest.find(')') == rest.npos ? rest.npos : rest.find(')') - 1);
    while (!list.empty()) {
        const auto [name, after, found] = base::split_once(list, ',');
        for (const auto& each : earlier) {
            if (each.name != base::trim(name)) continue;
            for (const auto& [key, value] : each.values)
                section.values.insert_or_assign(key, value);
        }
        list = after;
    }
    return section;
}

std::vector<Section> sections_of(std::string_view text) {
    std::vector<Section> sections;
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto line = take_line(text);
        line = base::trim(line.substr(0, line.find(';')));
        if (line.starts_with('[')) {
            sections.push_back(begin_section(line, number, sections));
        } else if (const auto [key, value, found] = base::split_once(line, '=');
                   found && !sections.empty()) {
            auto plain = base::trim(value);
            if (plain.starts_with('>')) plain = base::trim(plain.substr(1));
            sections.back().values.insert_or_assign(base::lower(base::trim(key)),
                                                    std::string(plain));
        }
    }
    return sections;
}

const Section* find(const std::vector<Section>& all, std::string_view type, std::string_view name) {
    for (const auto& each : all) {
        if (each.name == name && base::iequals(each.at("type"), type)) return &each;
    }
    return nullptr;
}

/// What an auth says of who logs in with it.
FileAccount account_of(const Section& auth, const std::string& user, const std::string& domain) {
    FileAccount account;
    account.line = auth.line;
    account.aor = "sip:" + user + "@" + domain;
    account.username = auth.at("username").empty() ? user : auth.at("username");
    account.realm = auth.at("realm");
    account.password = auth.at("password");
    account.ha1_md5 = base::lower(auth.at("md5_cred"));
    return account;
}

}  // namespace

Result<Accounts> read_csv_accounts(std::string_view text) {
    constexpr std::string_view kNames[] = {"aor", "username",   "realm", "password",
                                           "ha1", "ha1_sha256", "role",  "resources"};
    Table table(text);
    for (const auto& name : table.names()) {
        if (std::find(std::begin(kNames), std::end(kNames), name) == std::end(kNames))
            return wrong(1, "\"" + name +
                                "\" is no column, expected aor, username, realm, password, "
                                "ha1, ha1_sha256, role or resources");
    }
    if (!table.has("aor")) return wrong(1, "there is no column aor");
    Accounts accounts;
    while (table.next()) {
        if (!table.is_whole())
            return wrong(table.line(), "it has not as many cells as the heading");
        accounts.push_back({.line = table.line(),
                            .aor = table.at("aor"),
                            .username = table.at("username"),
                            .realm = table.at("realm"),
                            .password = table.at("password"),
                            .ha1_md5 = table.at("ha1"),
                            .ha1_sha256 = table.at("ha1_sha256"),
                            .role = table.at("role"),
                            .resources = words_of(table.at("resources"))});
    }
    return accounts;
}

Result<Accounts> read_kamailio_accounts(std::string_view text) {
    Table table(text);
    if (!table.has("username") || !table.has("domain"))
        return wrong(1, "expected a heading with username, domain, and password or ha1");
    Accounts accounts;
    while (table.next()) {
        if (!table.is_whole())
            return wrong(table.line(), "it has not as many cells as the heading");
        FileAccount account{.line = table.line(), .aor = {}};
        account.username = table.at("username");
        account.realm = table.at("domain");
        account.aor = "sip:" + account.username + "@" + account.realm;
        account.ha1_md5 = base::lower(table.at("ha1"));
        account.ha1_sha256 = base::lower(table.at("ha1_sha256"));
        // Where there is a password the hashes follow from it, for every algorithm.
        account.password = table.at("password");
        if (account.password.empty() && account.ha1_md5.empty() && account.ha1_sha256.empty())
            return wrong(table.line(), "there is neither password nor ha1");
        accounts.push_back(std::move(account));
    }
    return accounts;
}

Result<Accounts> read_asterisk_accounts(std::string_view text, const std::string& domain) {
    const auto sections = sections_of(text);
    Accounts accounts;
    for (const auto& section : sections) {
        if (!base::iequals(section.at("type"), "endpoint") || section.at("auth").empty()) continue;
        const auto* auth = find(sections, "auth", section.at("auth"));
        if (auth == nullptr)
            return wrong(section.line, "there is no [" + section.at("auth") + "] with type=auth");
        const auto own = section.at("from_domain");
        const auto where = own.empty() ? domain : own;
        if (where.empty()) return wrong(section.line, "whose domain? Give --domain");
        auto account = account_of(*auth, section.name, where);
        if (account.password.empty() && account.realm.empty())
            return wrong(auth->line, "its md5_cred is for a realm that is not said");
        accounts.push_back(std::move(account));
    }
    if (accounts.empty()) return wrong(1, "there is no endpoint with an auth");
    return accounts;
}

}  // namespace herald::cli
