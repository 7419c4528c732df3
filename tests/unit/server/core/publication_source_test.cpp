// tests/unit/server/core/publication_source_test.cpp: names of publications, and who made them.
#include "server/core/publication_source.h"

#include <doctest/doctest.h>

namespace herald::server::publication_source_test {

TEST_CASE("a publication is named by its number and the request that made it") {
    const auto source = source_made_by(17, 0x3f00c0ffee00d00d, {});
    CHECK(source == "p17.3f00c0ffee00d00d");
    CHECK(makers_of(source) == std::vector<std::uint64_t>{0x3f00c0ffee00d00d});
    CHECK(Maker(0x3f00c0ffee00d00d).made(source));
    CHECK_FALSE(Maker(0x3f00c0ffee00d00e).made(source));
}

TEST_CASE("one that takes the place of another is also known by what made that, a few times") {
    std::string source;
    for (std::uint64_t mark = 1; mark <= 6; ++mark) source = source_made_by(17, mark, source);
    CHECK(makers_of(source) == std::vector<std::uint64_t>{6, 5, 4, 3});
    CHECK(Maker(3).made(source));
    CHECK_FALSE(Maker(2).made(source));
}

TEST_CASE("sources that no request made name none") {
    for (const char* source : {"", "p17", "b4", "member sip:alice@localhost", "p17.", "p17.xyz"}) {
        CAPTURE(source);
        CHECK(makers_of(source).empty());
        CHECK_FALSE(Maker(0x17).made(source));
    }
}

}  // namespace herald::server::publication_source_test
