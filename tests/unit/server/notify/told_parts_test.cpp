// tests/unit/server/notify/told_parts_test.cpp: which of several documents a watcher is told next.
#include "server/notify/told_parts.h"

#include <doctest/doctest.h>

namespace herald::server::told_parts_test {
namespace {

packages::Composed part(const std::string& name, std::uint64_t fingerprint, std::uint8_t alert = 1,
                        std::uint64_t newest_item = 0) {
    packages::Composed composed;
    composed.name = name;
    composed.fingerprint = fingerprint;
    composed.alert = alert;
    composed.newest_item = newest_item;
    return composed;
}

packages::Composed whole(std::vector<packages::Composed> parts) {
    packages::Composed all;
    all.parts = std::move(parts);
    return all;
}

}  // namespace

TEST_CASE("every part is owed once, in order") {
    ToldParts told;
    const auto all = whole({part("", 1), part("b", 2), part("c", 3)});
    for (std::size_t i = 0; i < 3; ++i) {
        REQUIRE(told.owed(all) == i);
        CHECK(told.note(all.parts[i], 7) == 0);
    }
    CHECK_FALSE(told.owed(all));
    CHECK_FALSE(told.is_alert(all));
}

TEST_CASE("a part is owed again when its document or its items change, or it did not get there") {
    ToldParts told;
    const auto all = whole({part("a", 1), part("b", 2)});
    for (const auto& each : all.parts) told.note(each, 7);
    CHECK(told.owed(whole({part("a", 1), part("b", 5)})) == 1);
    CHECK(told.owed(whole({part("a", 1, 1, 8), part("b", 2)})) == 0);
    CHECK_FALSE(told.owed(whole({part("a", 1, 1, 7), part("b", 2)})));

    CHECK(told.note(part("a", 3), 9) == 7);
    told.take_back("a", 7);

    CHECK(told.owed(all) == 0);
    CHECK(told.note(all.parts[0], 10) == 7);
    CHECK_FALSE(told.owed(all));
    told.take_back("unknown", 7);
    CHECK_FALSE(told.owed(all));
}

TEST_CASE("a busy part does not keep others from being told") {
    ToldParts told;
    for (const auto& each : {part("a", 1), part("b", 1), part("c", 1)}) told.note(each, 1);
    const auto all = whole({part("a", 2), part("b", 2), part("c", 1)});
    REQUIRE(told.owed(all) == 0);
    told.note(part("a", 2), 2);
    CHECK(told.owed(whole({part("a", 3), part("b", 2), part("c", 1)})) == 1);
    told.note(part("b", 2), 3);
    CHECK(told.owed(whole({part("a", 3), part("b", 2), part("c", 1)})) == 0);
}

TEST_CASE("an alert goes first") {
    ToldParts told;
    for (const auto& each : {part("a", 1), part("b", 1)}) told.note(each, 1);
    const auto all = whole({part("a", 2), part("b", 2, 2)});
    CHECK(told.is_alert(all));
    CHECK(told.owed(all) == 1);
    told.note(all.parts[1], 2);
    CHECK_FALSE(told.is_alert(all));
    CHECK(told.owed(all) == 0);
    // Of one that was never told nobody waits.
    CHECK_FALSE(told.is_alert(whole({part("a", 2), part("b", 2, 2), part("new", 1)})));
}

}  // namespace herald::server::told_parts_test
