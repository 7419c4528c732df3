// tests/unit/base/alive_test.cpp: callbacks that may outlive the object they are for.
#include "base/alive.h"

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/task.h"

namespace herald::base::alive_test {
namespace {

struct Listener {
    base::Task<void(std::string)> callback(int number) {
        return alive.guard([number](Listener& self, std::string text) {
            self.heard.push_back(std::to_string(number) + std::move(text));
        });
    }

    std::vector<std::string> heard;
    base::Alive<Listener> alive{*this};
};

}  // namespace

TEST_CASE("a guarded callback runs while its object lives, and not after that") {
    auto listener = std::make_unique<Listener>();
    auto first = listener->callback(1);
    auto second = listener->callback(2);

    first("a");
    second("b");
    CHECK(listener->heard == std::vector<std::string>{"1a", "2b"});

    listener.reset();
    first("c");
}

}  // namespace herald::base::alive_test
