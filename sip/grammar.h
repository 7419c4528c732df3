// sip/grammar.h: the character classes of RFC 3261 25.1, for the parsers of this folder.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/text.h"

namespace herald::sip::grammar {

enum Class : std::uint8_t {
    kToken = 1,       ///< token
    kUser = 2,        ///< user without %HH; also # and octets above 7F, which phones send unescaped
    kPassword = 4,    ///< password without %HH
    kHost = 8,        ///< hostname, and the underscore of private networks
    kParameter = 16,  ///< paramchar without %HH
    kUriHeader = 32,  ///< hname and hvalue without %HH
    kUnreserved = 64,  ///< unreserved
};

constexpr std::array<std::uint8_t, 256> make_classes() {
    std::array<std::uint8_t, 256> table{};
    const auto add = [&](std::string_view characters, int classes) {
        for (const char c : characters) {
            auto& entry = table[static_cast<unsigned char>(c)];
            entry = static_cast<std::uint8_t>(entry | classes);
        }
    };
    add("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 127);
    add("-_.!~*'()", kUnreserved | kUser | kPassword | kParameter | kUriHeader);
    add("-.!%*_+`'~", kToken);
    add("&=+$,;?/#", kUser);
    add("&=+$,", kPassword);
    add("-._", kHost);
    add("[]/:&+$", kParameter);
    add("[]/?:+$", kUriHeader);
    for (unsigned c = 0x80; c < 256; ++c) table[c] = kUser;
    return table;
}

inline constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

constexpr bool is(char c, int classes) noexcept {
    return (kClasses[static_cast<unsigned char>(c)] & classes) != 0;
}
constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}

/// True where `text` is one or more characters of `classes`.
constexpr bool all(std::string_view text, int classes) noexcept {
    for (const char c : text) {
        if (!is(c, classes)) return false;
    }
    return !text.empty();
}

/// As all(), with %HH allowed and empty text too.
constexpr bool all_or_escaped(std::string_view text, int classes) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is(text[i], classes) && text[i] != '%') continue;
        if (text[i] != '%' || text.size() - i < 3) return false;
        if (base::hex_value(text[i + 1]) < 0 || base::hex_value(text[i + 2]) < 0) return false;
        i += 2;
    }
    return true;
}

/// Without SP and HT at both ends.
constexpr std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

constexpr std::string_view skip_blanks(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    return text;
}

/// Length of the quoted-string `text` begins with, both quotes counted; npos where it does not end.
constexpr std::size_t quoted_length(std::string_view text) noexcept {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            return i + 1;
        }
    }
    return std::string_view::npos;
}

}  // namespace herald::sip::grammar
