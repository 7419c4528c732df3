// server/provisioning/daily_window.cpp: the hours of a day in which something may be done.
#include "server/provisioning/daily_window.h"

#include <chrono>
#include <ctime>
#include <optional>

#include "base/text.h"

namespace herald::server {

namespace {

constexpr std::uint32_t kHour = 60, kDay = 24 * kHour;

/// "05:30"
std::optional<std::uint16_t> minute_of(std::string_view text) {
    const auto [hours, minutes, found] = base::split_once(text, ':');
    const auto hour = base::to_u64(hours), minute = base::to_u64(minutes);
    const bool is_good = found && hours.size() <= 2 && minutes.size() == 2 && hour && minute &&
                         *hour < 24 && *minute < kHour;
    if (!is_good) return std::nullopt;
    return static_cast<std::uint16_t>(*hour * kHour + *minute);
}

void append_minute(std::string& out, std::uint16_t minute) {
    for (const auto number : {minute / kHour, minute % kHour}) {
        if (!out.empty() && base::is_digit(out.back())) out += ':';
        if (number < 10) out += '0';
        out += std::to_string(number);
    }
}

}  // namespace

Result<DailyWindow> parse_window(std::string_view text) {
    const auto [before, after, found] = base::split_once(text, '-');
    const auto from = minute_of(base::trim(before)), until = minute_of(base::trim(after));
    if (!found || !from || !until)
        return Fault{FaultKind::malformed, "expected the hours of a day, like 22:00-05:30"};
    return DailyWindow{*from, *until};
}

std::string to_string(const DailyWindow& window) {
    std::string out;
    if (window.is_whole_day()) return out;
    append_minute(out, window.from);
    out += '-';
    append_minute(out, window.until);
    return out;
}

/// To the minute: where clocks are put forward or back meanwhile, whoever waits asks again.
base::Duration until_open(const DailyWindow& window, base::WallTime now) {
    if (window.is_whole_day()) return base::Duration::zero();
    const std::time_t seconds =
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    std::tm local{};
    localtime_r(&seconds, &local);
    const auto minute = static_cast<std::uint32_t>(local.tm_hour) * kHour +
                        static_cast<std::uint32_t>(local.tm_min);
    const auto open_for = (window.until + kDay - window.from) % kDay;
    if ((minute + kDay - window.from) % kDay < open_for) return base::Duration::zero();
    const auto left = (window.from + kDay - minute) % kDay;
    return std::chrono::minutes(left) - std::chrono::seconds(local.tm_sec);
}

}  // namespace herald::server
