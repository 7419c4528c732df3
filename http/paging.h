// http/paging.h: what a listing is asked for: how many rows, and of whom.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/text.h"
#include "http/routes.h"
#include "http/target.h"

namespace herald::http {

/// Rows of one page.
inline constexpr std::size_t kMostRows = 1000;

/// The query parameter `limit`: 1 to kMostRows, 100 where it is missing. Faults: malformed.
inline Result<std::size_t> limit_of(const Call& call) {
    constexpr std::size_t kDefault = 100;
    const auto text = call.parameter("limit");
    if (text.empty()) return kDefault;
    const auto number = base::to_u64(text);
    if (!number || *number == 0 || *number > kMostRows) {
        return Fault{FaultKind::malformed,
                     "limit is \"" + std::string(text) + "\", expected 1 to 1000"};
    }
    return static_cast<std::size_t>(*number);
}

/// The address-of-record in the query parameter `name`, canonical; empty where it is missing.
/// Faults: malformed.
inline Result<std::string> aor_parameter(const Call& call, std::string_view name) {
    const auto text = call.parameter(name);
    if (text.empty()) return std::string();
    return aor_of(text);
}

/// The path and query of the page behind this one, which begins after `after`.
inline std::string next_page(const Call& call, std::string_view after) {
    std::string target = call.path + '?';
    for (const auto& [name, value] : call.query) {
        if (name != "after") target += name + '=' + escaped_parameter(value) + '&';
    }
    return target + "after=" + escaped_parameter(after);
}

}  // namespace herald::http
