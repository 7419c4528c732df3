// tests/unit/packages/address_block_test.cpp: addresses that begin with the same bits.
#include "packages/address_block.h"

#include <string>

#include <doctest/doctest.h>

namespace herald::packages::address_block_test {

TEST_CASE("a block has the addresses that begin with its bits") {
    struct Case {
        const char *block, *within, *without;
    };
    for (const auto& each :
         {Case{"192.0.2.0/24", "192.0.2.255", "192.0.3.0"},
          Case{"10.128.0.0/9", "10.255.1.2", "10.127.255.255"},
          Case{"192.0.2.7", "192.0.2.7", "192.0.2.6"},
          Case{"0.0.0.0/0", "203.0.113.9", "2001:db8::1"},
          Case{"2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"},
          Case{"2001:db8::1", "[2001:db8::1]", "2001:db8::2"}, Case{"::/0", "192.0.2.1", "x"}}) {
        CAPTURE(each.block);
        const auto block = AddressBlock::parse(each.block);
        REQUIRE(block);
        CHECK(block->contains(each.within));
        CHECK_FALSE(block->contains(each.without));
        CHECK_FALSE(block->contains(""));
    }
}

TEST_CASE("what is no network is none") {
    for (const auto* text : {"", "/", "192.0.2.0/", "192.0.2.0/33", "192.0.2/24", "example.com",
                             "2001:db8::/129", "192.0.2.0/-1", "192.0.2.0/24/24", "[::1"}) {
        CAPTURE(text);
        CHECK_FALSE(AddressBlock::parse(text));
    }
    CHECK_FALSE(AddressBlock::parse(std::string(5000, '1')));
}

}  // namespace herald::packages::address_block_test
