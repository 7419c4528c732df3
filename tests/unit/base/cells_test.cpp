// tests/unit/base/cells_test.cpp: a table of fixed size that many threads write.
#include "base/cells.h"

#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace herald::base::cells_test {
namespace {

constexpr std::uint64_t name(std::uint64_t tag) {
    return tag << 48;
}

void put(Cells& cells, std::uint64_t hash, std::uint64_t value) {
    cells.update(hash, [value](auto) { return std::optional(value); });
}

TEST_CASE("a value is found by its name, and changed in place") {
    Cells cells(1 << 10);
    CHECK_FALSE(cells.find(name(1)));
    put(cells, name(1), 7);
    put(cells, name(2), 8);
    CHECK(cells.find(name(1)) == 7);
    cells.update(name(1),
                 [](std::optional<std::uint64_t> known) { return std::optional(*known + 1); });
    cells.update(name(2), [](auto) { return std::optional<std::uint64_t>(); });
    CHECK(cells.find(name(1)) == 8);
    CHECK(cells.find(name(2)) == 8);
}

TEST_CASE("where there is no room the lowest value gives way") {
    Cells cells(32);
    for (std::uint64_t i = 1; i <= 4; ++i) put(cells, name(i), 100 + i);
    put(cells, name(5), 500);
    CHECK_FALSE(cells.find(name(1)));
    for (std::uint64_t i = 2; i <= 5; ++i) CHECK(cells.find(name(i)));
    CHECK(cells.bytes() == 32);
}

TEST_CASE("changes of several threads are all kept") {
    Cells cells(1 << 12);
    put(cells, name(1), 1);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 1000; ++n)
                cells.update(name(1), [](auto known) { return std::optional(*known + 1); });
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(cells.find(name(1)) == 4001);
}

}  // namespace
}  // namespace herald::base::cells_test
