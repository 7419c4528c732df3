// http/paging.h: how many rows of a listing are wanted.
#pragma once

#include <cstddef>
#include <string>

#include "base/text.h"
#include "http/routes.h"
#include "http/target.h"

namespace herald::http {

/// The query parameter `limit`: 1 to 1000, 100 where it is missing. Faults: malformed.
inline Result<std::size_t> limit_of(const Call& call) {
    constexpr std::size_t kDefault = 100;
    constexpr std::size_t kMost = 1000;
    const auto text = call.parameter("limit");
    if (text.empty()) return kDefault;
    const auto number = base::to_u64(text);
    if (!number || *number == 0 || *number > kMost) {
        return Fault{FaultKind::malformed,
                     "limit is \"" + std::string(text) + "\", expected 1 to 1000"};
    }
    return static_cast<std::size_t>(*number);
}

/// The path and query of the page behind this one, which begins after `after`.
inline std::string next_page(const Call& call, std::string_view after) {
    std::string target = call.path + '?';
    for (const auto& [name, value] : call.query) {
        if (name != "after") target += name + '=' + escaped_parameter(value) + '&';
    }
    return target + "after=" + escaped_parameter(after);
}

inline Json text_or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

}  // namespace herald::http
