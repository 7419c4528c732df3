// http/paging.h: how many rows of a listing are wanted.
#pragma once

#include <cstddef>
#include <string>

#include "base/text.h"
#include "http/routes.h"

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

inline Json text_or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

}  // namespace herald::http
