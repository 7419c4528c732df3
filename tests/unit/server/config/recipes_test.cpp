// tests/unit/server/config/recipes_test.cpp: which NOTIFY tells which device what.
#include "server/config/recipes.h"

#include <string>

#include <doctest/doctest.h>

namespace herald::server::recipes_test {
namespace {

std::string event_for(std::string_view action, std::string_view user_agent) {
    const auto* recipe = recipe_for({}, action, user_agent);
    return recipe ? recipe->event : "none";
}

TEST_CASE("each vendor is told in its own words") {
    CHECK(event_for("check-sync", "snom720/8.7.5.35") == "check-sync;reboot=false");
    CHECK(event_for("reboot", "Yealink SIP-T42G 29.71.0.120") == "check-sync;reboot=true");
    CHECK(event_for("check-sync", "Cisco/SPA504G-7.4.9c") == "resync");
    CHECK(event_for("reboot", "Linksys/SPA942-6.1.5(a)") == "reboot_now");
    CHECK(event_for("restart", "OBIHAI/OBi202-3.0.1") == "restart_now");
    CHECK(event_for("check-sync", "PolycomVVX-VVX_410-UA/5.4.1") == "check-sync");
    CHECK(event_for("check-sync", "Grandstream GXP2160 1.0.7.25") == "check-sync");
    CHECK(event_for("check-sync", "") == "check-sync");
    CHECK(event_for("check-sync", "SNOM320") == "check-sync;reboot=false");
    CHECK(event_for("dance", "snom720") == "none");
}

TEST_CASE("a recipe of the operator's comes before those that are built in") {
    const auto own = parse_recipe("reboot: snom7*, Acme ?? -> restart text/plain now please");
    REQUIRE(own);
    CHECK(to_string(*own) == "reboot: snom7*, Acme ?? -> restart text/plain now please");
    const Recipe recipes[] = {*own};

    CHECK(recipe_for(recipes, "reboot", "snom720/1")->event == "restart");
    CHECK(recipe_for(recipes, "reboot", "acme 12")->body == "now please");
    CHECK(recipe_for(recipes, "reboot", "acme 1")->event == "check-sync;reboot=true");
    CHECK(recipe_for(recipes, "check-sync", "snom720/1")->event == "check-sync;reboot=false");
}

TEST_CASE("what is no recipe is refused") {
    for (const auto* text :
         {"", "reboot", "reboot: * -> ", "reboot: -> check-sync", "reboot: a,,b -> check-sync",
          "dance: * -> check-sync", "reboot: * -> check sync", "reboot: * -> check-sync;",
          "reboot: * -> x plain body", "reboot: * -> a\r\nB: c"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_recipe(text).has_value());
    }
}

TEST_CASE("events and media types cannot bring header fields of their own") {
    CHECK(is_event_value("check-sync;reboot=true"));
    CHECK(is_event_value("x.y;a=\"b c\";d"));
    CHECK(is_media_type("text/plain; charset=UTF-8"));
    for (const auto* text : {"", ";a", "a;", "a b", "a\r\nb", "a;b=c\r\nd", "a;b=\x01"}) {
        CAPTURE(text);
        CHECK_FALSE(is_event_value(text));
    }
    for (const auto* text : {"", "text", "/plain", "text/", "text/plain\r\nX: y"}) {
        CAPTURE(text);
        CHECK_FALSE(is_media_type(text));
    }
    CHECK_FALSE(is_event_value(std::string(257, 'a')));
}

TEST_CASE("a pattern fits the whole text, and stars cost no time") {
    CHECK(fits_pattern("*", ""));
    CHECK(fits_pattern("snom*/8.*", "snom720/8.7.5.35"));
    CHECK(fits_pattern("*42?*", "Yealink SIP-T42G 29"));
    CHECK_FALSE(fits_pattern("snom", "snom720"));
    CHECK_FALSE(fits_pattern("?", ""));
    CHECK_FALSE(fits_pattern("", "a"));
    const std::string stars = "*a*a*a*a*a*a*a*a*a*a*a*a*b";
    CHECK_FALSE(fits_pattern(stars, std::string(4000, 'a')));
}

}  // namespace
}  // namespace herald::server::recipes_test
