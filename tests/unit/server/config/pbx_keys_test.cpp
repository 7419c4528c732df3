// tests/unit/server/config/pbx_keys_test.cpp: [pbx] of the configuration file.
#include <doctest/doctest.h>

#include "server/config/config.h"

namespace herald::server::pbx_keys_test {
namespace {

/// The first mistake as "line: text"; empty: there is none.
std::string mistake_of(std::string_view toml) {
    const auto read = parse_config(toml);
    if (read.mistakes.empty()) return {};
    return std::to_string(read.mistakes[0].line) + ": " + read.mistakes[0].text;
}

}  // namespace

TEST_CASE("a key that was renamed is read by its former name too, but not by both") {
    const auto read = parse_config("[mwi]\npbx = ['office sip:192.0.2.5']\npbx_expires = 90\n");
    REQUIRE(read.mistakes.empty());
    REQUIRE(read.config.pbxs.size() == 1);
    CHECK(read.config.pbxs[0].uri == "sip:192.0.2.5");
    CHECK(read.config.pbx_expires == 90);

    CHECK(mistake_of("[mwi]\npbx_expires = 5") ==
          "2: pbx.expires: 5 is out of range, expected 60 to 86400 s");
    CHECK(mistake_of("[mwi]\npbx_expires = 90\n[pbx]\nexpires = 90").find("is set twice") !=
          std::string::npos);
}

TEST_CASE("no two PBXs have one name") {
    CHECK(mistake_of("[pbx]\nservers = ['a sip:h', 'b sip:h']").empty());
    CHECK(mistake_of("[pbx]\nservers = ['a sip:h', 'a sip:i']") ==
          "2: pbx.servers: \"a\" is listed twice");
}

}  // namespace herald::server::pbx_keys_test
