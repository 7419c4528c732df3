// tests/unit/base/task_test.cpp: move-only callables, inline and on the heap.
#include "base/task.h"

#include <array>
#include <memory>
#include <string>
#include <utility>

#include <doctest/doctest.h>

namespace herald::base::task_test {

TEST_CASE("an empty Task says so") {
    CHECK_FALSE(Task<void()>());
    CHECK_FALSE(Task<void()>(nullptr));
    CHECK(Task<void()>([] {}));
}

TEST_CASE("a Task forwards arguments and returns the result") {
    Task<std::string(std::string, int)> repeat = [](std::string text, int times) {
        std::string result;
        while (times-- > 0) result += text;
        return result;
    };
    Task<void(std::unique_ptr<int>)> take = [](std::unique_ptr<int> value) { CHECK(*value == 5); };
    Task<void(int&)> raise = [](int& value) { ++value; };
    int value = 1;

    CHECK(repeat("ab", 3) == "ababab");
    take(std::make_unique<int>(5));
    raise(value);
    CHECK(value == 2);
}

TEST_CASE("a Task keeps its state between calls and when it moves") {
    Task<int()> count = [n = 0]() mutable { return ++n; };
    CHECK(count() == 1);

    Task<int()> moved = std::move(count);

    CHECK_FALSE(count);
    CHECK(moved() == 2);
}

TEST_CASE("captures small, large and move-only end exactly once") {
    // Not const: a const capture would be copied where the lambda moves.
    auto token = std::make_shared<int>(0);
    const auto check = [&](auto callable) {
        {
            Task<void()> task = std::move(callable);
            CHECK(token.use_count() == 2);
            Task<void()> other = std::move(task);
            CHECK(token.use_count() == 2);
            other();
            task = std::move(other);
            CHECK(token.use_count() == 2);
        }
        CHECK(token.use_count() == 1);
    };

    check([token] { ++*token; });
    check([token, room = std::array<char, 200>{}] { ++*token, static_cast<void>(room); });
    check([token, owner = std::make_unique<int>(1)] { *token += *owner; });
    CHECK(*token == 3);
}

TEST_CASE("assigning a Task ends what it held") {
    const auto token = std::make_shared<int>(0);
    Task<void()> task = [token] {};

    task = [] {};
    CHECK(token.use_count() == 1);
    task = nullptr;
    CHECK_FALSE(task);
}

}  // namespace herald::base::task_test
