// tests/unit/server/provisioning/daily_window_test.cpp: the hours of a day.
#include "server/provisioning/daily_window.h"

#include <chrono>
#include <ctime>

#include <doctest/doctest.h>

namespace herald::server::daily_window_test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

/// A moment of some day, by the clock on the wall wherever the test runs.
base::WallTime at(int hour, int minute) {
    std::tm local{};
    local.tm_year = 127;
    local.tm_mon = 5;
    local.tm_mday = 10;
    local.tm_hour = hour;
    local.tm_min = minute;
    local.tm_isdst = -1;
    return base::WallTime(std::chrono::seconds(mktime(&local)));
}

TEST_CASE("a window is read as it is shown") {
    CHECK(to_string(*parse_window("22:00-05:30")) == "22:00-05:30");
    CHECK(to_string(*parse_window(" 9:05 - 17:00 ")) == "09:05-17:00");
    CHECK(to_string(*parse_window("10:00-10:00")).empty());
    for (const auto* text : {"", "22:00", "22-05", "24:00-01:00", "1:60-2:00", "a:00-2:00",
                             "22:0-05:30", "22:00-05:30-06:00", "-1:00-2:00"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_window(text).has_value());
    }
}

TEST_CASE("it is open from its first minute until its last, past midnight too") {
    const auto night = *parse_window("22:00-05:30");
    CHECK(until_open(night, at(22, 0)) == base::Duration::zero());
    CHECK(until_open(night, at(23, 59)) == base::Duration::zero());
    CHECK(until_open(night, at(5, 29)) == base::Duration::zero());
    CHECK(until_open(night, at(5, 30)) == hours(16) + minutes(30));
    CHECK(until_open(night, at(21, 59)) == minutes(1));

    const auto day = *parse_window("09:00-17:00");
    CHECK(until_open(day, at(9, 0)) == base::Duration::zero());
    CHECK(until_open(day, at(17, 0)) == hours(16));
    CHECK(until_open(day, at(8, 0)) == hours(1));
    CHECK(until_open({}, at(8, 0)) == base::Duration::zero());
}

}  // namespace
}  // namespace herald::server::daily_window_test
