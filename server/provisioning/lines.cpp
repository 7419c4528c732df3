// server/provisioning/lines.cpp: records as lines of fields with a tab behind each.
#include "server/provisioning/lines.h"

#include <chrono>

#include "base/text.h"

namespace herald::server {

void append_field(std::string& out, std::string_view text) {
    constexpr char kHex[] = "0123456789ABCDEF";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && c != '%' && byte != 0x7F) {
            out += c;
        } else {
            out += {'%', kHex[byte >> 4], kHex[byte & 15]};
        }
    }
    out += '\t';
}

void append_time(std::string& out, base::WallTime time) {
    append_field(out, std::to_string(time.time_since_epoch().count()));
}

std::string next_field(std::string_view& line) {
    const auto [field, rest, found] = base::split_once(line, '\t');
    line = rest;
    return base::percent_decode(field);
}

std::optional<std::uint64_t> next_number(std::string_view& line) {
    return base::to_u64(next_field(line));
}

std::optional<base::WallTime> next_time(std::string_view& line) {
    const auto number = next_number(line);
    if (!number) return std::nullopt;
    return base::WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(*number)));
}

}  // namespace herald::server
