// tests/unit/base/huge_pages_test.cpp: large blocks begin at a huge page, small ones where they
// like.
#include "base/huge_pages.h"

#include <cstdint>
#include <cstring>
#include <vector>

#include <doctest/doctest.h>

namespace herald::base::huge_pages_test {

TEST_CASE("a block of two megabytes and more begins at a huge page") {
    HugePages<std::uint64_t> memory;
    for (const std::size_t bytes : {kHugePage, kHugePage + 8, 3 * kHugePage - 8}) {
        const std::size_t count = bytes / sizeof(std::uint64_t);

        std::uint64_t* const block = memory.allocate(count);

        CHECK(reinterpret_cast<std::uintptr_t>(block) % kHugePage == 0);
        std::memset(block, 0x5a, bytes);
        CHECK(block[count - 1] == 0x5a5a5a5a5a5a5a5aULL);
        memory.deallocate(block, count);
    }
}

TEST_CASE("a vector grows from small blocks into large ones and keeps what it holds") {
    std::vector<std::uint32_t, HugePages<std::uint32_t>> numbers;
    for (std::uint32_t i = 0; i < 2'000'000; ++i) numbers.push_back(i);

    for (std::uint32_t i = 0; i < 2'000'000; ++i) REQUIRE(numbers[i] == i);
    numbers.resize(10);
    numbers.shrink_to_fit();

    CHECK(numbers == decltype(numbers){0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

}  // namespace herald::base::huge_pages_test
