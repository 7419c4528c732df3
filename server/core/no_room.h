// server/core/no_room.h: what somebody is told whose state finds no room in a budget.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/budget.h"
#include "server/core/answers.h"

namespace herald::server {

/// 403 where it is the holder who has too much, 503 where everybody together has: a proxy takes a
/// 503 for the whole server (RFC 3261 21.5.4).
inline sip::Answer no_room(const base::Budget& budget, std::uint64_t holder, std::uint64_t bytes,
                           const base::Budget::Most& most, std::string_view for_what) {
    const bool is_own = budget.has_room(holder, bytes, {.bytes = most.bytes});
    const std::string what(for_what);
    return is_own ? answer(403, "Too many " + what)
                  : answer(503, "There is no room for more " + what);
}

}  // namespace herald::server
