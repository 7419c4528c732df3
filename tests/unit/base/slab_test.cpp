// tests/unit/base/slab_test.cpp: records named by slot and generation.
#include "base/slab.h"

#include <map>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace herald::base::slab_test {

TEST_CASE("a record is found by its id until it is released") {
    Slab<std::string> slab;
    const SlotId id = slab.take("alice");
    REQUIRE(slab.find(id));
    CHECK(*slab.find(id) == "alice");
    CHECK(slab[id.slot] == "alice");
    CHECK(slab.id_of(id.slot) == id);
    CHECK(slab.size() == 1);

    CHECK(slab.release(id));

    CHECK(slab.find(id) == nullptr);
    CHECK_FALSE(slab.holds(id));
    CHECK_FALSE(slab.holds(id.slot));
    CHECK_FALSE(slab.release(id));
    CHECK(slab.empty());
}

TEST_CASE("a reused slot has a new generation: stale and foreign ids find nothing") {
    Slab<int> slab;
    const SlotId old = slab.take(1);
    slab.release(old);
    const SlotId fresh = slab.take(2);

    CHECK(fresh.slot == old.slot);
    CHECK(fresh.generation != old.generation);
    CHECK(slab.find(old) == nullptr);
    CHECK_FALSE(slab.release(old));
    CHECK(*slab.find(fresh) == 2);
    CHECK(slab.find(SlotId{}) == nullptr);
    CHECK(slab.find({.slot = 99, .generation = 1}) == nullptr);
    CHECK(slab.find({.slot = 1, .generation = 0}) == nullptr);
}

TEST_CASE("the generation of a free slot finds nothing either") {
    Slab<int> slab;
    const SlotId id = slab.take(1);
    slab.release(id);

    CHECK(slab.find({.slot = id.slot, .generation = id.generation + 1}) == nullptr);
}

TEST_CASE("addresses stay while the slab grows, aligned as the type asks") {
    struct alignas(64) Line {
        explicit Line(std::uint64_t v) : value(v) {}
        std::uint64_t value;
    };
    Slab<Line> slab;
    std::vector<Line*> addresses;
    for (std::uint64_t i = 0; i < 5000; ++i) {
        const SlotId id = slab.take(i);
        CHECK(id.slot == i);
        addresses.push_back(slab.find(id));
        REQUIRE(reinterpret_cast<std::uintptr_t>(addresses.back()) % 64 == 0);
    }
    for (std::uint32_t i = 0; i < 5000; ++i) {
        REQUIRE(&slab[i] == addresses[i]);
        REQUIRE(slab[i].value == i);
    }
    CHECK(slab.memory() < 5000 * 68 * 2);
}

TEST_CASE("records end when they are released and when the slab goes") {
    const auto token = std::make_shared<int>(0);
    {
        Slab<std::shared_ptr<int>> slab;
        for (int i = 0; i < 100; ++i) slab.take(token);
        for (std::uint32_t slot = 0; slot < 100; slot += 2) slab.release(slot);
        CHECK(token.use_count() == 51);
    }
    CHECK(token.use_count() == 1);
}

TEST_CASE("a record may take and release others as it is made and as it ends") {
    struct Chain {
        Slab<Chain>* slab;
        SlotId other;
        ~Chain() {
            if (other) slab->release(other);
            if (other) slab->release(slab->take(slab, SlotId{}));
        }
        Chain(Slab<Chain>* s, SlotId o) : slab(s), other(o) {}
        Chain(const Chain&) = delete;
        Chain& operator=(const Chain&) = delete;
    };
    Slab<Chain> slab;
    SlotId last;
    for (int i = 0; i < 10; ++i) last = slab.take(&slab, last);
    const SlotId kept = slab.take(&slab, SlotId{});

    slab.release(last);

    CHECK(slab.size() == 1);
    CHECK(slab.holds(kept));
    std::set<std::uint32_t> slots;
    for (int i = 0; i < 20; ++i) CHECK(slots.insert(slab.take(&slab, SlotId{}).slot).second);
    CHECK_FALSE(slots.count(kept.slot));
}

TEST_CASE("a constructor that throws leaves the slab whole") {
    struct Picky {
        explicit Picky(int value) {
            if (value < 0) throw std::invalid_argument("negative");
        }
    };
    Slab<Picky> slab;
    const SlotId id = slab.take(1);
    slab.release(slab.take(2));

    CHECK_THROWS(slab.take(-1));
    CHECK_THROWS(slab.take(-1));

    CHECK(slab.size() == 1);
    CHECK(slab.holds(id));
    std::set<std::uint32_t> slots{id.slot};
    for (int i = 0; i < 5; ++i) CHECK(slots.insert(slab.take(3).slot).second);
}

TEST_CASE("the slab agrees with a map over random takes and releases") {
    std::mt19937 random(7);
    Slab<std::string> slab;
    std::map<std::uint32_t, std::pair<SlotId, std::string>> model;
    std::vector<SlotId> gone;
    for (int step = 0; step < 30'000; ++step) {
        if (random() % 5 < 3 || model.empty()) {
            const std::string text = std::to_string(random());
            const SlotId id = slab.take(text);
            REQUIRE(model.emplace(id.slot, std::pair(id, text)).second);
        } else {
            auto it = model.lower_bound(random() % slab.slots());
            if (it == model.end()) it = model.begin();
            REQUIRE(*slab.find(it->second.first) == it->second.second);
            REQUIRE(slab.release(it->second.first));
            gone.push_back(it->second.first);
            model.erase(it);
        }
        if (!gone.empty()) REQUIRE_FALSE(slab.holds(gone[random() % gone.size()]));
    }
    REQUIRE(slab.size() == model.size());
    auto expected = model.begin();
    slab.for_each([&](std::uint32_t slot, const std::string& text) {
        REQUIRE(slot == expected->first);
        REQUIRE(text == expected->second.second);
        ++expected;
    });
    CHECK(expected == model.end());
}

TEST_CASE("for_each may release what it visits") {
    Slab<int> slab;
    for (int i = 0; i < 100; ++i) slab.take(i);

    slab.for_each([&](std::uint32_t slot, int& value) {
        if (value % 3 != 0) slab.release(slot);
    });

    CHECK(slab.size() == 34);
}

TEST_CASE("records stay where they are when memory comes in huge pages") {
    struct Large {
        explicit Large(std::uint32_t value) : number(value) {}
        std::uint32_t number;
        std::byte rest[4092];  // written by nobody, so that pages stay untouched
    };
    Slab<Large> slab;
    std::vector<const Large*> places;
    std::vector<SlotId> ids;
    constexpr std::uint32_t kRecords = 12'000;  // 48 MB

    for (std::uint32_t i = 0; i < kRecords; ++i) {
        ids.push_back(slab.take(i));
        places.push_back(slab.find(ids.back()));
    }

    REQUIRE(slab.memory() >= kRecords * sizeof(Large));
    for (std::uint32_t i = 0; i < kRecords; ++i) {
        REQUIRE(ids[i].slot == i);
        REQUIRE(slab.find(ids[i]) == places[i]);
        REQUIRE(places[i]->number == i);
    }
    REQUIRE_FALSE(slab.holds(kRecords));
    CHECK(std::set<const Large*>(places.begin(), places.end()).size() == kRecords);
}

}  // namespace herald::base::slab_test
