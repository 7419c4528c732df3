// tests/unit/base/index_test.cpp: the hash index against std::unordered_map, with good hashes and
// bad ones.
#include "base/index.h"

#include <cstdint>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include <doctest/doctest.h>

#include "base/id.h"

namespace herald::base::index_test {
namespace {

/// Records with their keys, as the index's users have them.
struct Records {
    std::vector<std::string> keys;
    std::uint64_t (*hash)(const std::string&);
    Index index;

    std::uint32_t find(const std::string& key) const {
        return index.find(hash(key), [&](std::uint32_t slot) { return keys[slot] == key; });
    }
    void insert(const std::string& key) {
        keys.push_back(key);
        index.insert(hash(key), static_cast<std::uint32_t>(keys.size() - 1));
    }
};

std::uint64_t good(const std::string& key) {
    return keyed_hash({1, 2}, key);
}
/// All around the end of the table: runs wrap and are long.
std::uint64_t crowded(const std::string& key) {
    return UINT32_MAX - keyed_hash({1, 2}, key) % 5;
}
std::uint64_t same(const std::string&) {
    return 0;
}

}  // namespace

TEST_CASE("an empty index finds and erases nothing") {
    Index index;
    index.prefetch(1);
    CHECK(index.find(1, [](std::uint32_t) { return true; }) == Index::kNone);
    CHECK_FALSE(index.erase(1, 0));
    CHECK(index.empty());
    index.clear();
    CHECK(index.capacity() == 0);
}

TEST_CASE("equal hashes are told apart by the key") {
    Records records{{}, same, {}};
    for (int i = 0; i < 100; ++i) records.insert("key" + std::to_string(i));

    for (std::uint32_t i = 0; i < 100; ++i) CHECK(records.find("key" + std::to_string(i)) == i);
    CHECK(records.find("key100") == Index::kNone);
}

TEST_CASE("keys are compared only where 32 bits of hash agree") {
    Index index;
    for (std::uint32_t i = 0; i < 1000; ++i) index.insert(keyed_hash({3, 4}, std::to_string(i)), i);
    int compared = 0;
    for (std::uint32_t i = 0; i < 1000; ++i) {
        const std::uint32_t slot =
            index.find(keyed_hash({3, 4}, std::to_string(i)), [&](std::uint32_t s) {
                ++compared;
                return s == i;
            });
        CHECK(slot == i);
    }
    CHECK(compared <= 1002);
}

TEST_CASE("erase takes out one slot and only with its hash") {
    Index index;
    index.insert(5, 1);
    index.insert(5, 2);

    CHECK_FALSE(index.erase(6, 1));
    CHECK_FALSE(index.erase(5 + 64, 1));  // begins at the same place
    CHECK_FALSE(index.erase(5, 3));
    CHECK(index.erase(5, 1));
    CHECK_FALSE(index.erase(5, 1));

    CHECK(index.size() == 1);
    CHECK(index.find(5, [](std::uint32_t slot) { return slot == 2; }) == 2);
}

TEST_CASE("the index grows by doubling at three quarters, not before; reserve spares it") {
    Index index;
    for (std::uint32_t i = 0; i < 12; ++i) index.insert(i, i);
    CHECK(index.capacity() == 16);
    index.insert(12, 12);
    CHECK(index.capacity() == 32);

    Index reserved(1000);
    const std::size_t capacity = reserved.capacity();
    CHECK(capacity == 2048);
    for (std::uint32_t i = 0; i < 1000; ++i) reserved.insert(std::uint64_t{i} * 7919, i);
    CHECK(reserved.capacity() == capacity);
    reserved.clear();
    CHECK(reserved.empty());
    CHECK(reserved.find(0, [](std::uint32_t) { return true; }) == Index::kNone);
}

TEST_CASE("erasing leaves no marks: a table emptied and filled over and over does not grow") {
    Index index;
    for (int round = 0; round < 1000; ++round) {
        for (std::uint32_t i = 0; i < 12; ++i) index.insert(random_u64() | 1, i);
        std::vector<std::pair<std::uint64_t, std::uint32_t>> left;
        index.clear();
        for (std::uint32_t i = 0; i < 12; ++i) {
            left.emplace_back(random_u64(), i);
            index.insert(left.back().first, i);
        }
        for (const auto& [hash, slot] : left) REQUIRE(index.erase(hash, slot));
        REQUIRE(index.empty());
    }
    CHECK(index.capacity() == 16);
}

TEST_CASE("the index agrees with an unordered_map over random inserts, finds and erases") {
    for (const auto hash : {good, crowded, same}) {
        std::mt19937 random(11);
        Records records{{}, hash, {}};
        std::unordered_map<std::string, std::uint32_t> model;
        const unsigned keys = hash == good ? 5000 : 200;
        for (int step = 0; step < 60'000; ++step) {
            const std::string key = "sip:user" + std::to_string(random() % keys) + "@example.com";
            const auto known = model.find(key);
            const std::uint32_t found = records.find(key);
            REQUIRE(found == (known == model.end() ? Index::kNone : known->second));
            switch (random() % 3) {
                case 0:
                    if (known != model.end()) break;
                    records.insert(key);
                    model[key] = static_cast<std::uint32_t>(records.keys.size() - 1);
                    break;
                case 1:
                    if (known == model.end()) break;
                    REQUIRE(records.index.erase(hash(key), known->second));
                    model.erase(known);
                    break;
                default:
                    records.index.prefetch(hash(key));
                    break;
            }
            REQUIRE(records.index.size() == model.size());
        }
        for (const auto& [key, slot] : model) REQUIRE(records.find(key) == slot);
    }
}

TEST_CASE("an index of many megabytes finds what it holds") {
    constexpr std::uint32_t kEntries = 400'000;
    const auto hash = [](std::uint32_t slot) { return slot * 0x9e3779b97f4a7c15ULL; };
    Index index;

    for (std::uint32_t slot = 0; slot < kEntries; ++slot) index.insert(hash(slot), slot);

    for (std::uint32_t slot = 0; slot < kEntries; ++slot) {
        const auto is_it = [&](std::uint32_t candidate) { return candidate == slot; };
        REQUIRE(index.find(hash(slot), is_it) == slot);
    }
    CHECK(index.find(hash(kEntries), [](std::uint32_t) { return true; }) == Index::kNone);
}

}  // namespace herald::base::index_test
