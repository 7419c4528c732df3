// tests/unit/base/mailbox_test.cpp: the ring between two threads.
#include "base/mailbox.h"

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "base/task.h"

namespace herald::base::mailbox_test {

TEST_CASE("items come out in the order they went in") {
    Mailbox<std::string> box(4);
    CHECK(box.empty());
    CHECK_FALSE(box.pop());

    for (int round = 0; round < 10; ++round) {
        CHECK(box.push("a"));
        CHECK(box.push("b"));
        CHECK(box.size() == 2);
        CHECK(box.pop() == "a");
        CHECK(box.pop() == "b");
        CHECK_FALSE(box.pop());
    }
}

TEST_CASE("a full mailbox refuses and leaves the item alone") {
    Mailbox<std::unique_ptr<int>> box(3);
    CHECK(box.capacity() == 4);
    for (int i = 0; i < 4; ++i) REQUIRE(box.push(std::make_unique<int>(i)));
    auto item = std::make_unique<int>(4);

    CHECK_FALSE(box.push(std::move(item)));
    REQUIRE(item);
    CHECK(**box.pop() == 0);
    CHECK(box.push(std::move(item)));
    CHECK_FALSE(item);

    for (int i = 1; i <= 4; ++i) CHECK(**box.pop() == i);
}

TEST_CASE("requests leave reserved places for completions") {
    Mailbox<int> box(8);
    int requests = 0;
    while (box.push(1, 3)) ++requests;
    CHECK(requests == 5);
    CHECK(box.push(2));
    CHECK(box.push(2));
    CHECK(box.push(2));
    CHECK_FALSE(box.push(2));

    for (int i = 0; i < 3; ++i) box.pop();
    CHECK_FALSE(box.push(1, 3));
    box.pop();
    CHECK(box.push(1, 3));
}

TEST_CASE("items left in a mailbox end with it") {
    const auto token = std::make_shared<int>(0);
    {
        Mailbox<Task<void()>> box(8);
        for (int i = 0; i < 5; ++i) REQUIRE(box.push([token] { ++*token; }));
        (*box.pop())();
        CHECK(token.use_count() == 5);
    }
    CHECK(*token == 1);
    CHECK(token.use_count() == 1);
}

TEST_CASE("two threads pass a long sequence whole, in order, through a small ring") {
    constexpr std::uint64_t kItems = 200'000;
    Mailbox<std::unique_ptr<std::uint64_t>> box(64);
    std::thread sender([&] {
        for (std::uint64_t i = 0; i < kItems; ++i) {
            auto item = std::make_unique<std::uint64_t>(i);
            while (!box.push(std::move(item))) std::this_thread::yield();
        }
    });
    std::uint64_t expected = 0;
    bool is_ordered = true;
    while (expected < kItems) {
        if (const auto item = box.pop()) {
            is_ordered &= **item == expected++;
        } else {
            std::this_thread::yield();
        }
    }
    sender.join();

    CHECK(is_ordered);
    CHECK(box.empty());
}

}  // namespace herald::base::mailbox_test
