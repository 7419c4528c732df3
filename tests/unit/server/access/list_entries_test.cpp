// tests/unit/server/access/list_entries_test.cpp: many entries of lists at once.
#include "server/access/list_entries.h"

#include <doctest/doctest.h>

namespace herald::server::list_entries_test {

TEST_CASE("many entries at once are as one after the other") {
    const std::vector<ListEntry> before{{SubHandling::block, "*", "presence"},
                                        {SubHandling::block, "sip:bob@x", "presence"}};
    const std::vector<ListEntry> more{{SubHandling::allow, "sip:zoe@x", "presence"},
                                      {SubHandling::allow, "sip:bob@x", "presence"},
                                      {SubHandling::confirm, "sip:bob@x", "dialog"},
                                      {SubHandling::block, "sip:zoe@x", "presence"},
                                      {SubHandling::allow, "sip:zoe@x", "*"},
                                      {SubHandling::confirm, "sip:zoe@x", "presence"}};
    auto expected = before;
    for (const auto& entry : more) expected = with_entry(std::move(expected), entry);
    CHECK(with_entries(before, more) == expected);
    CHECK(with_entries({}, {}).empty());
    CHECK(with_entries(before, {}) == before);
}

}  // namespace herald::server::list_entries_test
