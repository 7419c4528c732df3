// tests/unit/base/heap_growth_test.cpp: what is allocated meanwhile is memory like any other.
#include "base/heap_growth.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace herald::base::heap_growth_test {

TEST_CASE("blocks made while the heap grows in large steps keep what they hold") {
    std::vector<std::string> blocks;
    {
        HeapGrowth growth;
        for (int i = 0; i < 40'000; ++i) {
            if (i % 1000 == 0) growth.follow();
            blocks.push_back(std::string(300, static_cast<char>('a' + i % 26)));
        }
    }
    for (int i = 0; i < 1000; ++i) blocks.push_back(std::string(300'000, 'z'));

    for (std::size_t i = 0; i < 40'000; ++i)
        REQUIRE(blocks[i] == std::string(300, static_cast<char>('a' + i % 26)));
    CHECK(blocks.back() == std::string(300'000, 'z'));
}

TEST_CASE("without rows to come nothing is set, twice is as good as once") {
    { const HeapGrowth unused; }
    for (int round = 0; round < 2; ++round) {
        HeapGrowth growth;
        growth.follow();
        growth.follow();
        const auto block = std::make_unique<char[]>(1 << 20);
        block[0] = 'x';
        growth.follow();
        CHECK(block[0] == 'x');
    }
}

}  // namespace herald::base::heap_growth_test
