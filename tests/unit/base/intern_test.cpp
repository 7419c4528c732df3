// tests/unit/base/intern_test.cpp: counted shared text.
#include "base/intern.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace herald::base::intern_test {

TEST_CASE("equal texts share an id, different texts do not") {
    Intern intern;
    const std::string text = "<sip:proxy.example.com;lr>";

    const InternId a = intern.intern(text);
    const InternId b = intern.intern("<sip:proxy.example.com;lr>");
    const InternId c = intern.intern("<sip:other.example.com;lr>");

    CHECK(a == b);
    CHECK(a != c);
    CHECK(intern.text(a) == text);
    CHECK(intern.text(a).data() != text.data());
    CHECK(intern.size() == 2);
    CHECK(intern.text_bytes() == 52);
}

TEST_CASE("the empty text is the default id and is not counted") {
    Intern intern;

    CHECK(intern.intern("") == Intern::kEmpty);
    CHECK(intern.text(Intern::kEmpty).empty());
    intern.retain(Intern::kEmpty);
    intern.release(Intern::kEmpty);
    intern.release(Intern::kEmpty);

    CHECK(intern.size() == 0);
    CHECK(intern.intern(std::string_view("\0", 1)) != Intern::kEmpty);
}

TEST_CASE("a text goes with its last hold") {
    Intern intern;
    const InternId id = intern.intern("application/pidf+xml");
    intern.intern("application/pidf+xml");
    intern.retain(id);

    intern.release(id);
    intern.release(id);
    CHECK(intern.text(id) == "application/pidf+xml");
    intern.release(id);

    CHECK(intern.size() == 0);
    CHECK(intern.text_bytes() == 0);
}

TEST_CASE("text stays where it is while others come and go") {
    Intern intern;
    const InternId id = intern.intern("short");
    const char* const where = intern.text(id).data();
    std::vector<InternId> others;
    for (int i = 0; i < 10'000; ++i) others.push_back(intern.intern(std::to_string(i)));
    for (const InternId other : others) intern.release(other);

    CHECK(intern.text(id).data() == where);
    CHECK(intern.size() == 1);
}

TEST_CASE("interning agrees with a map of counts over random holds") {
    std::mt19937 random(3);
    Intern intern;
    std::map<std::string, std::pair<InternId, int>> model;
    for (int step = 0; step < 50'000; ++step) {
        const std::string text = std::to_string(random() % 300);
        auto& [id, holds] = model[text];
        if (random() % 2 == 0) {
            const InternId given = intern.intern(text);
            if (holds++ != 0) REQUIRE(given == id);
            id = given;
        } else if (holds != 0) {
            REQUIRE(intern.text(id) == text);
            intern.release(id);
            --holds;
        }
    }
    std::size_t held = 0;
    for (const auto& [text, entry] : model) {
        if (entry.second == 0) continue;
        ++held;
        REQUIRE(intern.text(entry.first) == text);
    }
    CHECK(intern.size() == held);
}

}  // namespace herald::base::intern_test
