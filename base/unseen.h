// base/unseen.h: characters that show nothing and change how what is around them shows.
#pragma once

#include <string_view>

namespace herald::base {

/// Whether `character`, one of UTF-8, is a control (C0, DEL, C1), a line or paragraph separator, or
/// turns the direction of text: the order of what a terminal then shows is not that of the bytes.
constexpr bool is_unseen(std::string_view character) noexcept {
    const auto byte = [character](std::size_t i) {
        return i < character.size() ? static_cast<unsigned char>(character[i]) : 0U;
    };
    const unsigned first = byte(0), second = byte(1), third = byte(2);
    if (first < 0x20 || first == 0x7F) return true;
    if (first == 0xC2) return second < 0xA0;   // C1
    if (first == 0xD8) return second == 0x9C;  // U+061C
    if (first == 0xE2 && second == 0x80)       // U+200E, 200F, 2028 to 202E
        return third == 0x8E || third == 0x8F || (third >= 0xA8 && third <= 0xAE);
    return first == 0xE2 && second == 0x81 && third >= 0xA6 && third <= 0xA9;  // U+2066 to 2069
}

}  // namespace herald::base
