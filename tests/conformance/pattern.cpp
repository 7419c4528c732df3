// tests/conformance/pattern.cpp: how stories say what a line looks like: text with `*` and
// `{names}`.
#include "tests/conformance/pattern.h"

#include <algorithm>
#include <optional>

namespace herald::conformance {

namespace {

/// The name in `{name}` at the start of `text`, if it starts with one.
std::optional<std::string_view> name_at(std::string_view text) {
    if (text.empty() || text.front() != '{') return std::nullopt;
    const auto end = text.find('}');
    if (end == std::string_view::npos || end == 1) return std::nullopt;
    const auto name = text.substr(1, end - 1);
    const bool is_name = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
    return is_name ? std::optional(name) : std::nullopt;
}

/// Tries every length of the text a wildcard may stand for, shortest first.
template <class Accept>
bool try_lengths(std::string_view text, Accept&& accept) {
    for (std::size_t length = 0; length <= text.size(); ++length) {
        if (accept(text.substr(0, length), text.substr(length))) return true;
    }
    return false;
}

bool match_rest(std::string_view pattern, std::string_view text, Names& names) {
    if (pattern.empty()) return text.empty();
    if (pattern.front() == '*') {
        return try_lengths(text, [&](std::string_view, std::string_view after) {
            return match_rest(pattern.substr(1), after, names);
        });
    }
    const auto name = name_at(pattern);
    if (!name) {
        return !text.empty() && text.front() == pattern.front() &&
               match_rest(pattern.substr(1), text.substr(1), names);
    }
    const auto rest = pattern.substr(name->size() + 2);
    if (const auto known = names.find(*name); known != names.end()) {
        return text.starts_with(known->second) &&
               match_rest(rest, text.substr(known->second.size()), names);
    }
    return try_lengths(text, [&](std::string_view taken, std::string_view after) {
        Names extended = names;
        extended.emplace(*name, taken);
        if (!match_rest(rest, after, extended)) return false;
        names = std::move(extended);
        return true;
    });
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text, Names& names) {
    Names attempt = names;
    if (!match_rest(pattern, text, attempt)) return false;
    names = std::move(attempt);
    return true;
}

Result<std::string> substitute(std::string_view text, const Names& names) {
    std::string result;
    while (!text.empty()) {
        const auto name = name_at(text);
        if (!name) {
            result += text.front();
            text.remove_prefix(1);
            continue;
        }
        const auto known = names.find(*name);
        if (known == names.end()) {
            return Fault{FaultKind::not_found, "nothing is called {" + std::string(*name) + "}"};
        }
        result += known->second;
        text.remove_prefix(name->size() + 2);
    }
    return result;
}

}  // namespace herald::conformance
