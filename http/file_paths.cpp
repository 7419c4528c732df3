// http/file_paths.cpp: paths by which phones ask for their configuration, and parts of files.
#include "http/file_paths.h"

#include <algorithm>

#include "base/text.h"
#include "server/provisioning/pnp_request.h"

namespace herald::http {

namespace {

constexpr std::size_t kLongestValue = 128;

/// False: there is no such variable, or it has another value already.
bool take_path(std::string_view name, std::string_view value, PathFacts& facts) {
    const auto put = [&](std::string& place) {
        if (!place.empty() && place != value) return false;
        place = value;
        return true;
    };
    if (name == "mac") {
        facts.mac = server::mac_from(value);
        return !facts.mac.empty();
    }
    if (name == "vendor") return put(facts.vendor);
    if (name == "model") return put(facts.model);
    return name == "file" && put(facts.file);
}

/// The length of the value that a variable has where `literal` follows it: up to the last place
/// within the segment where that stands.
std::optional<std::size_t> value_length(std::string_view rest, std::string_view literal) {
    const auto segment = rest.substr(0, rest.find('/'));
    if (literal.empty()) return segment.size();
    const auto inner = literal.substr(0, literal.find('/'));
    if (inner.empty()) return segment.size();
    const auto at = segment.rfind(inner);
    if (at == std::string_view::npos) return std::nullopt;
    return at;
}

std::optional<std::size_t> number_of(std::string_view text) {
    const auto number = base::to_u64(text);
    if (!number) return std::nullopt;
    return static_cast<std::size_t>(*number);
}

}  // namespace

std::optional<PathFacts> PathPattern::match(std::string_view path) const {
    PathFacts facts;
    std::string_view pattern = text_;
    while (!pattern.empty()) {
        const auto open = pattern.find('{');
        const auto literal = pattern.substr(0, open);
        if (!path.starts_with(literal)) return std::nullopt;
        path.remove_prefix(literal.size());
        if (open == std::string_view::npos) break;
        const auto close = pattern.find('}', open);
        if (close == std::string_view::npos) return std::nullopt;
        const auto name = pattern.substr(open + 1, close - open - 1);
        pattern.remove_prefix(close + 1);
        const auto size = value_length(path, pattern.substr(0, pattern.find('{')));
        if (!size || *size == 0 || *size > kLongestValue) return std::nullopt;
        if (!take_path(name, path.substr(0, *size), facts)) return std::nullopt;
        path.remove_prefix(*size);
    }
    return path.empty() ? std::optional(facts) : std::nullopt;
}

bool is_honest_path(std::string_view path) noexcept {
    if (path.empty() || path.front() != '/') return false;
    if (path.find("//") != std::string_view::npos || path.find("/.") != std::string_view::npos)
        return false;
    return std::all_of(path.begin(), path.end(),
                       [](char c) { return c > ' ' && c < 0x7F && c != '%' && c != '\\'; });
}

Result<std::optional<ByteRange>> range_of(std::string_view header, std::size_t size) {
    constexpr std::string_view kUnit = "bytes=";
    const std::optional<ByteRange> whole;
    if (!base::istarts_with(header, kUnit)) return whole;
    const auto set = base::trim(header.substr(kUnit.size()));
    const auto [from, to, found] = base::split_once(set, '-');
    const auto first = number_of(from), last = number_of(to);
    if (!found || (!first && !from.empty()) || (!last && !to.empty()) || (!first && !last))
        return whole;
    if (first && last && *last < *first) return whole;
    const auto nothing = Fault{FaultKind::malformed, "none of it is there"};
    if (!first) {
        if (*last == 0 || size == 0) return nothing;
        return std::optional(ByteRange{size - std::min(*last, size), size - 1});
    }
    if (*first >= size) return nothing;
    return std::optional(ByteRange{*first, std::min(last.value_or(size - 1), size - 1)});
}

}  // namespace herald::http
