// server/provisioning/daily_window.h: the hours of a day in which something may be done.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace herald::server {

/// From one minute of the day until another, by the clock on the wall of this machine (TZ); past
/// midnight where it ends before it begins. Both the same: all day.
struct DailyWindow {
    std::uint16_t from = 0, until = 0;  ///< minutes after midnight

    bool is_whole_day() const noexcept { return from == until; }
    friend bool operator==(const DailyWindow&, const DailyWindow&) = default;
};

/// "22:00-05:30". Faults: malformed.
Result<DailyWindow> parse_window(std::string_view text);
/// Empty for all day.
std::string to_string(const DailyWindow& window);

/// How long until it opens; zero: it is open.
base::Duration until_open(const DailyWindow& window, base::WallTime now);

}  // namespace herald::server
