// base/text.h: ASCII text without locale: compare, trim, split, numbers, hex, percent-encoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace herald::base {

constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) noexcept {
    return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

/// Equal but for the case of ASCII letters.
bool iequals(std::string_view a, std::string_view b) noexcept;
bool istarts_with(std::string_view text, std::string_view prefix) noexcept;
std::string lower(std::string_view text);

/// Without leading and trailing SP, HT, CR, LF.
std::string_view trim(std::string_view text) noexcept;

/// Decimal digits only, the whole of `text`; more than the type holds is nullopt too.
std::optional<std::uint64_t> to_u64(std::string_view text) noexcept;
/// As to_u64, but more than 2^32-1 gives 2^32-1 (digits of any length).
std::optional<std::uint32_t> to_u32_clamped(std::string_view text) noexcept;
void append_number(std::string& out, std::uint64_t number);

std::string to_hex(std::string_view bytes);
/// Letters in either case; an odd length or any other character is nullopt.
std::optional<std::string> from_hex(std::string_view text);

/// Value of one hex digit, -1 for anything else.
constexpr int hex_value(char c) noexcept {
    if (is_digit(c)) return c - '0';
    const char l = to_lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// Decodes %HH once (RFC 3986 2.1); an incomplete escape stays as it is. Bytes may be anything, NUL
/// included.
std::string percent_decode(std::string_view text);

/// Splits at the first `separator`; the second part is empty and `found` false where there is none.
struct Split {
    std::string_view before;
    std::string_view after;
    bool found;
};
Split split_once(std::string_view text, char separator) noexcept;

/// Whether a list parted by commas has `wanted`, in any case and with blanks around.
bool lists(std::string_view list, std::string_view wanted) noexcept;

/// RFC 3339 in UTC with milliseconds only where they are not zero: 2026-11-21T12:37:00Z. `unix_ms`
/// counts from 1970.
std::string to_rfc3339(std::int64_t unix_ms);
/// Accepts any offset and fraction; lower-case t/z or no zone is nullopt. Milliseconds from 1970.
std::optional<std::int64_t> from_rfc3339(std::string_view text) noexcept;
/// RFC 1123 date as SIP's Date header wants it (RFC 3261 20.17).
std::string to_http_date(std::int64_t unix_seconds);
/// Seconds from 1970 of such a date; nullopt for anything else.
std::optional<std::int64_t> from_http_date(std::string_view text) noexcept;

/// True where `bytes` is well-formed UTF-8 (RFC 3629).
bool is_utf8(std::string_view bytes) noexcept;

}  // namespace herald::base
