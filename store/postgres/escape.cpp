// store/postgres/escape.cpp: any bytes as text that PostgreSQL takes.
#include "store/postgres/escape.h"

#include <algorithm>

#include "base/text.h"

namespace herald::store {
namespace {

constexpr char kEscape = '\x1A';
constexpr std::size_t kLongest = 4;  ///< bytes of one character

bool is_plain(char c) {
    return c > 0 && c != kEscape;
}

/// Bytes of the character at the beginning; 0 where there is none that may stay.
std::size_t character(std::string_view text) {
    if (is_plain(text.front())) return 1;
    if (text.front() >= 0) return 0;
    for (std::size_t size = 2; size <= std::min(kLongest, text.size()); ++size) {
        if (base::is_utf8(text.substr(0, size))) return size;
    }
    return 0;
}

}  // namespace

bool needs_escape(std::string_view text) {
    if (std::all_of(text.begin(), text.end(), is_plain)) return false;
    return text.find(kEscape) != std::string_view::npos ||
           text.find('\0') != std::string_view::npos || !base::is_utf8(text);
}

std::string escaped(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t size = character(text);
        if (size == 0) {
            out += kEscape;
            out += base::to_hex(text.substr(0, 1));
        } else {
            out += text.substr(0, size);
        }
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return out;
}

void unescape(std::string_view text, std::string& to) {
    to.assign(text);
    if (text.find(kEscape) == std::string_view::npos) return;
    to.clear();
    while (!text.empty()) {
        std::size_t size = 1;
        const bool is_escape = text.front() == kEscape && text.size() >= 3;
        const int high = is_escape ? base::hex_value(text[1]) : -1;
        const int low = is_escape ? base::hex_value(text[2]) : -1;
        if (high >= 0 && low >= 0) {
            to += static_cast<char>(high << 4 | low);
            size = 3;
        } else {
            to += text.front();
        }
        text.remove_prefix(size);
    }
}

}  // namespace herald::store
