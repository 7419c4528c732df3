// tests/unit/base/listeners_test.cpp: nobody who listens unhooks another.
#include "base/listeners.h"

#include <string>

#include <doctest/doctest.h>

namespace herald::base::listeners_test {

TEST_CASE("all who listen hear, in the order they came") {
    std::string heard;
    Listeners<int> listeners;
    listeners.add([&](int n) { heard += "a" + std::to_string(n); });
    listeners.add([&](int n) { heard += "b" + std::to_string(n); });

    listeners.tell(1);
    listeners.tell(2);

    CHECK(heard == "a1b1a2b2");
}

TEST_CASE("who begins to listen while others are told hears it too, and disturbs none") {
    std::string heard;
    Listeners<> listeners;
    listeners.add([&, name = std::string("first")] {
        if (heard.empty()) {
            for (int n = 0; n < 100; ++n) listeners.add([&] { heard += '+'; });
        }
        heard += name;
    });

    listeners.tell();

    CHECK(heard == "first" + std::string(100, '+'));
}

TEST_CASE("where nobody listens nothing happens") {
    Listeners<int> listeners;
    CHECK_NOTHROW(listeners.tell(1));
}

}  // namespace herald::base::listeners_test
