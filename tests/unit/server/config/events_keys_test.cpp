// tests/unit/server/config/events_keys_test.cpp: tokens with a limit, origins, and hooks in a
// configuration.
#include <string>

#include <doctest/doctest.h>

#include "server/config/config.h"

namespace herald::server::events_keys_test {
namespace {

bool is_wrong(const std::string& toml) {
    return !parse_config(toml).mistakes.empty();
}

TEST_CASE("a token may be good for a user or a domain only, in canonical form") {
    const std::string hash = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A0";
    const auto read =
        parse_config("[http]\ntokens = [\"a read " + hash + "8\", \"b write " + hash +
                     "9 Alice@Example.com\", \"c write " + hash + "A Example.com\"]\n");
    REQUIRE(read.mistakes.empty());
    const auto& tokens = read.config.http_tokens;
    CHECK(tokens.at(0).limit.empty());
    CHECK(tokens.at(1).limit == "sip:Alice@example.com");
    CHECK(tokens.at(2).limit == "example.com");
}

TEST_CASE("what is no token, origin or URL of a hook is told") {
    const std::string token =
        "x read 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08";
    for (const char* limit : {" ", " @", " a@", " a b", " exa_mple..com/", " a@b?x=1", "  a@b"}) {
        CAPTURE(limit);
        CHECK(is_wrong("[http]\ntokens = [\"" + token + limit + "\"]"));
    }
    for (const char* origin : {"*", "example.com", "https://", "https://a/", "HTTPS://a", "ftp://a",
                               "null", "https://a b"}) {
        CAPTURE(origin);
        CHECK(is_wrong("[http]\ncors_origins = [\"" + std::string(origin) + "\"]"));
    }
    for (const char* url : {"example.com", "https://", "ftp://a/", "http://", "http:///x",
                            "http://u:p@a/", "http://a/ b", "http://a/#x"}) {
        CAPTURE(url);
        CHECK(is_wrong("[hooks]\nurl = \"" + std::string(url) + "\""));
    }
    CHECK(is_wrong("[hooks]\nkinds = [\"no kind\"]"));
    CHECK_FALSE(is_wrong("[hooks]\nurl = \"https://hooks.example.com/herald\"\nca = \"ca.pem\""));
}

}  // namespace
}  // namespace herald::server::events_keys_test
