// http/entity_tags.cpp: conditions on what is there, as requests name them (RFC 9110 13.1).
#include "http/entity_tags.h"

#include <optional>

#include "base/text.h"

namespace herald::http {

namespace {

constexpr std::size_t kMostTags = 32;

/// Takes one entity-tag off the front of `rest`; nullopt: it begins with none.
std::optional<std::string> take_tag(std::string_view& rest) {
    if (rest.empty() || rest.front() != '"') return std::nullopt;
    const auto end = rest.find('"', 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string tag(rest.substr(1, end - 1));
    rest = base::trim(rest.substr(end + 1));
    return tag;
}

}  // namespace

Result<std::vector<std::string>> entity_tags(std::string_view name, std::string_view value) {
    std::vector<std::string> tags;
    std::string_view rest = base::trim(value);
    if (rest == "*") return std::vector<std::string>{"*"};
    while (!rest.empty()) {
        const bool is_weak = rest.substr(0, 2) == "W/";
        if (is_weak) rest.remove_prefix(2);
        auto tag = take_tag(rest);
        const bool has_more = !rest.empty() && rest.front() == ',';
        if (!tag || (!rest.empty() && !has_more) || tags.size() == kMostTags) {
            return Fault{FaultKind::malformed,
                         std::string(name) + " is not a list of entity-tags in quotes"};
        }
        tags.push_back(is_weak ? "W/" + *tag : *std::move(tag));
        if (has_more) rest = base::trim(rest.substr(1));
    }
    return tags;
}

std::pair<std::string, std::string> tag_header(const std::string& tag) {
    return {"ETag", '"' + tag + '"'};
}

}  // namespace herald::http
