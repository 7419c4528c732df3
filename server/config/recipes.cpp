// server/config/recipes.cpp: how devices are told to fetch their configuration or to start again.
#include "server/config/recipes.h"

#include <algorithm>

#include "base/text.h"
#include "server/config/config_words.h"

namespace herald::server {

namespace {

constexpr std::size_t kLongestValue = 256;
constexpr std::size_t kLongestBody = 4096;
constexpr std::string_view kArrow = " -> ";

constexpr bool is_token_char(char c) noexcept {
    return base::is_alpha(c) || base::is_digit(c) ||
           std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos;
}
constexpr bool is_parameter_char(char c) noexcept {
    return is_token_char(c) || std::string_view(";=/\"@: ").find(c) != std::string_view::npos;
}

/// A token, then parameters behind a semicolon.
bool is_value(std::string_view text, std::string_view also) noexcept {
    if (text.empty() || text.size() > kLongestValue) return false;
    const auto [head, parameters, found] = base::split_once(text, ';');
    return !head.empty() && (!found || !parameters.empty()) &&
           std::all_of(head.begin(), head.end(),
                       [&](char c) {
                           return is_token_char(c) || also.find(c) != std::string_view::npos;
                       }) &&
           std::all_of(parameters.begin(), parameters.end(), is_parameter_char);
}

std::vector<std::string> patterns_of(std::string_view text) {
    std::vector<std::string> patterns;
    for (bool has_more = true; has_more;) {
        const auto [pattern, rest, found] = base::split_once(text, ',');
        patterns.emplace_back(base::trim(pattern));
        text = rest;
        has_more = found;
    }
    return patterns;
}

/// Vendors' ways, with where each is written down.
const std::vector<Recipe>& built_in() {
    constexpr std::string_view kLines[] = {
        // Snom "SIP NOTIFY check-sync", Gigaset and Fanvil administrator guides, Yealink "Auto
        // Provisioning Guide": the parameter says whether to start again.
        "check-sync: snom*, Yealink*, Gigaset*, Fanvil* -> check-sync;reboot=false",
        "resync: snom*, Yealink*, Gigaset*, Fanvil* -> check-sync;reboot=false",
        "reboot: snom*, Yealink*, Gigaset*, Fanvil* -> check-sync;reboot=true",
        "restart: snom*, Yealink*, Gigaset*, Fanvil* -> check-sync;reboot=true",
        // Cisco "SPA Provisioning Guide", Obihai "Provisioning Guide": an event for each.
        "check-sync: Sipura*, Linksys*, Cisco/SPA*, OBIHAI* -> resync",
        "resync: Sipura*, Linksys*, Cisco/SPA*, OBIHAI* -> resync",
        "report: Sipura*, Linksys*, Cisco/SPA*, OBIHAI* -> report",
        "reboot: Sipura*, Linksys*, Cisco/SPA*, OBIHAI* -> reboot_now",
        "restart: Sipura*, Linksys*, Cisco/SPA*, OBIHAI* -> restart_now",
        // Polycom "UC Software Administrator Guide" (voIpProt.SIP.specialEvent.checkSync), Aastra
        // and Mitel "Administrator Guide", AudioCodes, Digium, Grandstream, Cisco MPP: whether a
        // check-sync starts the phone again is the phone's own setting, or depends on what changed.
        "check-sync: * -> check-sync",
        "resync: * -> check-sync",
        "reboot: * -> check-sync;reboot=true",
        "restart: * -> check-sync;reboot=true",
        "report: * -> report",
    };
    static const std::vector<Recipe> all = [&] {
        std::vector<Recipe> read;
        for (const auto line : kLines) read.push_back(*parse_recipe(line));
        return read;
    }();
    return all;
}

const Recipe* find_in(std::span<const Recipe> recipes, std::string_view action,
                      std::string_view user_agent) {
    for (const auto& recipe : recipes) {
        if (recipe.action != action) continue;
        for (const auto& pattern : recipe.patterns) {
            if (fits_pattern(pattern, user_agent)) return &recipe;
        }
    }
    return nullptr;
}

}  // namespace

bool is_recipe_action(std::string_view action) noexcept {
    return std::find(kRecipeActions.begin(), kRecipeActions.end(), action) != kRecipeActions.end();
}

Result<Recipe> parse_recipe(std::string_view text) {
    const auto arrow = text.find(kArrow);
    const auto [action, patterns, found] = base::split_once(text.substr(0, arrow), ':');
    if (arrow == std::string_view::npos || !found)
        return wrong("expected \"action: User-Agent, User-Agent -> event\"");
    Recipe recipe;
    recipe.action = base::trim(action);
    if (!is_recipe_action(recipe.action))
        return wrong("the action is check-sync, reboot, resync, report or restart");
    recipe.patterns = patterns_of(patterns);
    if (std::any_of(recipe.patterns.begin(), recipe.patterns.end(),
                    [](const std::string& pattern) { return pattern.empty(); }))
        return wrong("a User-Agent is missing; * fits all");
    const auto told = base::split_once(base::trim(text.substr(arrow + kArrow.size())), ' ');
    const auto content = base::split_once(told.after, ' ');
    recipe.event = told.before;
    recipe.type = content.before;
    recipe.body = content.after;
    if (!is_event_value(recipe.event)) return wrong("this is no event: " + recipe.event);
    if (told.found && !is_media_type(recipe.type))
        return wrong("this is no media type: " + recipe.type);
    if (recipe.body.size() > kLongestBody) return wrong("a body has at most 4096 bytes");
    return recipe;
}

std::string to_string(const Recipe& recipe) {
    std::string text = recipe.action + ":";
    for (const auto& pattern : recipe.patterns)
        text += (&pattern == recipe.patterns.data() ? " " : ", ") + pattern;
    text += std::string(kArrow) + recipe.event;
    if (!recipe.type.empty()) text += " " + recipe.type;
    if (!recipe.body.empty()) text += " " + recipe.body;
    return text;
}

const Recipe* recipe_for(std::span<const Recipe> own, std::string_view action,
                         std::string_view user_agent) {
    const auto* recipe = find_in(own, action, user_agent);
    return recipe ? recipe : find_in(built_in(), action, user_agent);
}

/// Goes back to the last star alone: time is bounded by the product of the lengths.
bool fits_pattern(std::string_view pattern, std::string_view text) noexcept {
    std::size_t p = 0, t = 0;
    std::size_t star = std::string_view::npos, resumed = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resumed = t;
        } else if (p < pattern.size() &&
                   (pattern[p] == '?' || base::to_lower(pattern[p]) == base::to_lower(text[t]))) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resumed;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

bool is_event_value(std::string_view text) noexcept {
    return is_value(text, "");
}

bool is_media_type(std::string_view text) noexcept {
    const auto slash = text.find('/');
    return slash != 0 && slash != std::string_view::npos && slash + 1 < text.size() &&
           is_value(text, "/");
}

}  // namespace herald::server
