// cli/render.h: a NOTIFY as `herald watch` shows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace herald::cli {

/// What is shown of one NOTIFY. Views are valid during the call.
struct Shown {
    base::WallTime when{};
    std::string_view resource;  ///< URI
    std::string_view event;
    std::string_view state, reason;  ///< of Subscription-State
    std::optional<std::uint32_t> expires;
    bool is_fetch = false;  ///< a fetch (RFC 6665 4.4.3): that it ends is no news
    std::string_view content_type, body;
};

/// Local time of day, "12:37:00".
std::string time_of_day(base::WallTime when);
/// What stands after the time: `alice@localhost  open  meeting "back at 3"`, then indented lines
/// for what there is several of. Nothing in it can be taken for a terminal's command. No newline at
/// the end.
std::string render(const Shown& shown, bool colours);
/// One JSON object on one line.
std::string render_json(const Shown& shown);

}  // namespace herald::cli
