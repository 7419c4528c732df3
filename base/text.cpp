// base/text.cpp: ASCII text without locale, dates of RFC 3339 and RFC 1123, UTF-8 checks.
#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <limits>

namespace herald::base {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr std::int64_t kDayMs = 86'400'000;

bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// A moment split into the parts dates are written in.
struct Civil {
    int year;
    unsigned month;
    unsigned day;
    unsigned weekday;  ///< 0 is Sunday
    unsigned hour;
    unsigned minute;
    unsigned second;
    unsigned millisecond;
};

constexpr std::int64_t days_from(int year, unsigned month, unsigned day) {
    using namespace std::chrono;
    return sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day))
        .time_since_epoch()
        .count();
}

// Both date formats have four digits for the year and no sign.
constexpr std::int64_t kFirstMs = days_from(0, 1, 1) * kDayMs;
constexpr std::int64_t kLastMs = (days_from(9999, 12, 31) + 1) * kDayMs - 1;

Civil civil_from(std::int64_t unix_ms) {
    using namespace std::chrono;
    const milliseconds since(std::clamp(unix_ms, kFirstMs, kLastMs));
    const auto day = floor<days>(since);
    const sys_days date(day);
    const year_month_day ymd(date);
    const auto rest = static_cast<unsigned>((since - day).count());
    return {.year = static_cast<int>(ymd.year()),
            .month = static_cast<unsigned>(ymd.month()),
            .day = static_cast<unsigned>(ymd.day()),
            .weekday = weekday(date).c_encoding(),
            .hour = rest / 3'600'000,
            .minute = rest / 60'000 % 60,
            .second = rest / 1000 % 60,
            .millisecond = rest % 1000};
}

/// Takes fixed-width numbers and single characters off the front of a date.
class DateReader {
public:
    explicit DateReader(std::string_view text) : rest_(text) {}

    /// Exactly `width` digits; notes a failure otherwise.
    unsigned number(std::size_t width) noexcept {
        unsigned value = 0;
        if (rest_.size() < width) return fail();
        for (const char c : rest_.substr(0, width)) {
            if (!is_digit(c)) return fail();
            value = value * 10 + static_cast<unsigned>(c - '0');
        }
        rest_.remove_prefix(width);
        return value;
    }

    void expect(char c) noexcept {
        if (!take(c)) fail();
    }

    bool take(char c) noexcept {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }

    /// The digits after a decimal point as milliseconds, the rest cut off.
    unsigned fraction() noexcept {
        std::size_t digits = 0;
        unsigned value = 0;
        for (; digits < rest_.size() && is_digit(rest_[digits]); ++digits) {
            if (digits < 3) value = value * 10 + static_cast<unsigned>(rest_[digits] - '0');
        }
        if (digits == 0) return fail();
        rest_.remove_prefix(digits);
        for (; digits < 3; ++digits) value *= 10;
        return value;
    }

    bool ended() const noexcept { return rest_.empty(); }
    bool failed() const noexcept { return failed_; }

private:
    unsigned fail() noexcept {
        failed_ = true;
        return 0;
    }

    std::string_view rest_;
    bool failed_ = false;
};

/// time-offset of RFC 3339 in minutes east of UTC.
std::optional<int> read_offset(DateReader& reader) noexcept {
    if (reader.take('Z')) return 0;
    const bool is_east = reader.take('+');
    if (!is_east && !reader.take('-')) return std::nullopt;
    const unsigned hours = reader.number(2);
    reader.expect(':');
    const unsigned minutes = reader.number(2);
    if (hours > 23 || minutes > 59) return std::nullopt;
    const int offset = static_cast<int>(hours * 60 + minutes);
    return is_east ? offset : -offset;
}

/// Length of the well-formed UTF-8 sequence `bytes` begins with, 0 where there is none (RFC 3629
/// section 4).
std::size_t sequence_length(std::string_view bytes) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const auto in = [&](std::size_t i, unsigned low, unsigned high) {
        return i < bytes.size() && at(i) >= low && at(i) <= high;
    };
    const unsigned lead = at(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return in(1, 0x80, 0xBF) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;   // no overlong form
        const unsigned high = lead == 0xED ? 0x9F : 0xBF;  // no surrogate
        return in(1, low, high) && in(2, 0x80, 0xBF) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
        const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;  // nothing above U+10FFFF
        return in(1, low, high) && in(2, 0x80, 0xBF) && in(3, 0x80, 0xBF) ? 4 : 0;
    }
    return 0;
}

}  // namespace

bool iequals(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (to_lower(a[i]) != to_lower(b[i])) return false;
    }
    return true;
}

bool istarts_with(std::string_view text, std::string_view prefix) noexcept {
    return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = to_lower(c);
    return result;
}

std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

std::optional<std::uint64_t> to_u64(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end) return std::nullopt;
    return value;
}

std::optional<std::uint32_t> to_u32_clamped(std::string_view text) noexcept {
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
    // All digits: what to_u64 refuses now is merely too large.
    return static_cast<std::uint32_t>(std::min(to_u64(text).value_or(kMost), kMost));
}

void append_number(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits;
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    static_cast<void>(error);  // 20 digits hold any 64-bit number
    out.append(digits.data(), end);
}

std::string to_hex(std::string_view bytes) {
    std::string result;
    result.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        result += kHexDigits[byte >> 4];
        result += kHexDigits[byte & 15];
    }
    return result;
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string result;
    result.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        result += static_cast<char>(high << 4 | low);
    }
    return result;
}

std::string percent_decode(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && text.size() - i > 2) {
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high >= 0 && low >= 0) {
                result += static_cast<char>(high << 4 | low);
                i += 2;
                continue;
            }
        }
        result += text[i];
    }
    return result;
}

Split split_once(std::string_view text, char separator) noexcept {
    const std::size_t at = text.find(separator);
    if (at == std::string_view::npos) return {text, {}, false};
    return {text.substr(0, at), text.substr(at + 1), true};
}

bool lists(std::string_view list, std::string_view wanted) noexcept {
    while (!list.empty()) {
        const Split part = split_once(list, ',');
        if (iequals(trim(part.before), wanted)) return true;
        list = part.after;
    }
    return false;
}

std::string to_rfc3339(std::int64_t unix_ms) {
    const Civil c = civil_from(unix_ms);
    std::string result;
    result.reserve(24);
    const auto append = [&](char before, unsigned number, int digits) {
        if (before != '\0') result += before;
        unsigned power = digits == 4 ? 1000 : digits == 3 ? 100 : 10;
        for (; power > 0; power /= 10) result += static_cast<char>('0' + number / power % 10);
    };
    append('\0', static_cast<unsigned>(c.year), 4);
    append('-', c.month, 2);
    append('-', c.day, 2);
    append('T', c.hour, 2);
    append(':', c.minute, 2);
    append(':', c.second, 2);
    if (c.millisecond != 0) append('.', c.millisecond, 3);
    result += 'Z';
    return result;
}

std::optional<std::int64_t> from_rfc3339(std::string_view text) noexcept {
    DateReader reader(text);
    const unsigned year = reader.number(4);
    reader.expect('-');
    const unsigned month = reader.number(2);
    reader.expect('-');
    const unsigned day = reader.number(2);
    reader.expect('T');
    const unsigned hour = reader.number(2);
    reader.expect(':');
    const unsigned minute = reader.number(2);
    reader.expect(':');
    const unsigned second = reader.number(2);
    const unsigned millisecond = reader.take('.') ? reader.fraction() : 0;
    const std::optional<int> offset = read_offset(reader);
    if (!offset || reader.failed() || !reader.ended()) return std::nullopt;

    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                           std::chrono::month(month), std::chrono::day(day)};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const std::int64_t minutes = days_from(static_cast<int>(year), month, day) * 1440 +
                                 std::int64_t{hour} * 60 + minute - *offset;
    // A leap second ends a UTC day (RFC 3339 5.7); Unix time counts it as the second after it.
    const std::int64_t minute_of_day = ((minutes % 1440) + 1440) % 1440;
    if (second == 60 && minute_of_day != 1439) return std::nullopt;
    return minutes * 60'000 + std::int64_t{second} * 1000 + millisecond;
}

namespace {

void append_padded(std::string& out, unsigned number, int digits) {
    char text[8];
    for (int at = digits; at-- > 0; number /= 10) text[at] = static_cast<char>('0' + number % 10);
    out.append(text, static_cast<std::size_t>(digits));
}

constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

std::string to_http_date(std::int64_t unix_seconds) {
    constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    const Civil c = civil_from(std::clamp(unix_seconds, kFirstMs / 1000, kLastMs / 1000) * 1000);
    std::string text = kDays[c.weekday];
    append_padded(text.append(", "), c.day, 2);
    append_padded(text.append(" ").append(kMonths[c.month - 1]).append(" "),
                  static_cast<unsigned>(c.year), 4);
    append_padded(text.append(" "), c.hour, 2);
    append_padded(text.append(":"), c.minute, 2);
    append_padded(text.append(":"), c.second, 2);
    return text.append(" GMT");
}

std::optional<std::int64_t> from_http_date(std::string_view text) noexcept {
    constexpr std::size_t kWeekday = 5;
    if (text.size() < kWeekday || text[3] != ',' || text[4] != ' ') return std::nullopt;
    text.remove_prefix(kWeekday);
    unsigned month = 0;
    while (month < std::size(kMonths) && text.substr(0, 6).find(kMonths[month]) != 3) ++month;
    if (month == std::size(kMonths)) return std::nullopt;
    DateReader date(text);
    const unsigned day = date.number(2);
    date.expect(' ');
    DateReader rest(text.substr(std::min<std::size_t>(text.size(), 6)));
    rest.expect(' ');
    const unsigned year = rest.number(4);
    rest.expect(' ');
    const unsigned hour = rest.number(2);
    rest.expect(':');
    const unsigned minute = rest.number(2);
    rest.expect(':');
    const unsigned second = rest.number(2);
    for (const char c : {' ', 'G', 'M', 'T'}) rest.expect(c);
    if (date.failed() || rest.failed() || !rest.ended()) return std::nullopt;
    const std::chrono::year_month_day civil{std::chrono::year(static_cast<int>(year)),
                                            std::chrono::month(month + 1), std::chrono::day(day)};
    if (!civil.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    return days_from(static_cast<int>(year), month + 1, day) * 86400 + std::int64_t{hour} * 3600 +
           std::int64_t{minute} * 60 + second;
}

bool is_utf8(std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        // Documents are nearly all ASCII: eight bytes at a time.
        std::uint64_t word = 0;
        while (bytes.size() >= sizeof word) {
            std::memcpy(&word, bytes.data(), sizeof word);
            if (word & 0x8080808080808080U) break;
            bytes.remove_prefix(sizeof word);
        }
        if (bytes.empty()) break;
        const std::size_t length = sequence_length(bytes);
        if (length == 0) return false;
        bytes.remove_prefix(length);
    }
    return true;
}

}  // namespace herald::base
