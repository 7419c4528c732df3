// server/config/config_words.h: words that the readers of configuration share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/text.h"

namespace herald::server {

/// In seconds.
inline constexpr std::uint64_t kDay = 86400;

inline std::string in_quotes(std::string_view value) {
    return "\"" + std::string(value) + "\"";
}

inline Fault wrong(std::string why) {
    return {FaultKind::invalid_configuration, std::move(why)};
}

/// Of the name of an account, a PBX, a token.
constexpr bool is_name_character(char c) noexcept {
    return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_';
}

}  // namespace herald::server
