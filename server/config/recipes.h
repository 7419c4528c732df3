// server/config/recipes.h: how devices are told to fetch their configuration or to start again:
// which NOTIFY means what, by their User-Agent.
//
//   reboot: snom*, Yealink* -> check-sync;reboot=true
//   restart: Cisco-CP* -> service-control text/plain action=restart
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace herald::server {

/// What recipes are for.
inline constexpr std::array<std::string_view, 5> kRecipeActions{"check-sync", "reboot", "resync",
                                                                "report", "restart"};
bool is_recipe_action(std::string_view action) noexcept;

struct Recipe {
    std::string action;                 ///< one of kRecipeActions
    std::vector<std::string> patterns;  ///< of User-Agents
    std::string event;                  ///< of the NOTIFY, with parameters
    std::string type, body;             ///< empty: none
};

/// As above. Faults: invalid_configuration.
Result<Recipe> parse_recipe(std::string_view text);
std::string to_string(const Recipe& recipe);

/// The first of `own`, then of the built-in ones, for `action` and a User-Agent; nullptr: it is
/// not known how.
const Recipe* recipe_for(std::span<const Recipe> own, std::string_view action,
                         std::string_view user_agent);

/// Whether all of `text` fits: `*` stands for any text, `?` for one character; letters in any case.
bool fits_pattern(std::string_view pattern, std::string_view text) noexcept;
/// A value of Event: a token, with parameters or without (RFC 6665 8.4).
bool is_event_value(std::string_view text) noexcept;
/// A value of Content-Type, on one line.
bool is_media_type(std::string_view text) noexcept;

}  // namespace herald::server
