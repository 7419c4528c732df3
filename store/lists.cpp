// store/lists.cpp: lists of short texts as one column, an item per line.
#include "store/lists.h"

#include "base/text.h"

namespace herald::store {

std::optional<std::string> join_lines(const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items) {
        if (item.empty() || item.find('\n') != std::string::npos) return std::nullopt;
        text += item;
        text += '\n';
    }
    return text;
}

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> items;
    while (!text.empty()) {
        const auto line = base::split_once(text, '\n');
        items.emplace_back(line.before);
        text = line.after;
    }
    return items;
}

std::optional<std::string> join_delegates(const std::vector<Delegation>& items) {
    std::vector<std::string> lines;
    for (const Delegation& item : items) {
        if (item.aor.empty() || item.package.empty()) return std::nullopt;
        if (item.aor.find(' ') != std::string::npos) return std::nullopt;
        if (item.package.find(' ') != std::string::npos) return std::nullopt;
        lines.push_back(item.aor + ' ' + item.package);
    }
    return join_lines(lines);
}

std::vector<Delegation> split_delegates(std::string_view text) {
    std::vector<Delegation> items;
    for (const std::string& line : split_lines(text)) {
        const auto parts = base::split_once(line, ' ');
        items.push_back({.aor = std::string(parts.before), .package = std::string(parts.after)});
    }
    return items;
}

}  // namespace herald::store
