// tests/unit/server/config/config_syntax_test.cpp: files that are no TOML.
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "server/config/config.h"

namespace herald::server::config_syntax_test {
namespace {

std::string mistake_of(std::string_view toml) {
    std::string all;
    for (const ConfigMistake& mistake : parse_config(toml).mistakes) {
        all += std::to_string(mistake.line) + ": " + mistake.text + "\n";
    }
    return all;
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("what is not TOML is reported with its line") {
    CHECK(mistake_of("[sip]\nrealm = \n").rfind("2: not TOML: ", 0) == 0);
    CHECK(mistake_of("[sip]\nrealm = 'a'\nrealm = 'b'\n").rfind("3: not TOML: ", 0) == 0);
    CHECK(contains(mistake_of("\n\n\x80"), ": not TOML: "));
    CHECK(mistake_of("a = " + std::string(100000, '[')).rfind("1: not TOML: ", 0) == 0);
}

}  // namespace herald::server::config_syntax_test
