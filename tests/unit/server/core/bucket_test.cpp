// tests/unit/server/core/bucket_test.cpp: the bucket of an address-of-record, and who has it.
#include "server/core/bucket.h"

#include <array>
#include <set>

#include <doctest/doctest.h>

namespace herald::server::bucket_test {
namespace {

constexpr base::HashKey kKey{1, 2};

}  // namespace

TEST_CASE("a bucket written in a tag is read back, whatever the bucket") {
    for (std::uint32_t bucket = 0; bucket < kBuckets; ++bucket) {
        CAPTURE(bucket);
        CHECK(bucket_of_tag(new_local_tag(bucket)) == bucket);
    }
}

TEST_CASE("RFC 3261 19.3: tags differ") {
    std::set<std::string> tags;
    for (int i = 0; i < 1000; ++i) tags.insert(new_local_tag(5));
    CHECK(tags.size() == 1000);
}

TEST_CASE("tags of others hold no bucket") {
    for (const auto* tag :
         {"", "a", "as5a3b2", "aaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "A8aaaaaaaaaaaaa"}) {
        CAPTURE(tag);
        CHECK_FALSE(bucket_of_tag(tag).has_value());
    }
}

TEST_CASE("a resource has one bucket for ever, and buckets are spread evenly") {
    CHECK(bucket_of(kKey, "sip:a@example.com") == bucket_of(kKey, "sip:a@example.com"));
    std::array<int, 8> shards{};
    for (int i = 0; i < 8000; ++i)
        ++shards[shard_of_aor(kKey, "sip:" + std::to_string(i) + "@example.com", shards.size())];
    for (const int share : shards) CHECK(share > 800);
}

TEST_CASE("the shard of an address is the shard of its bucket") {
    for (const auto* aor : {"sip:a@example.com", "sip:b@example.com", "sip:c@example.com"})
        CHECK(shard_of_aor(kKey, aor, 3) == shard_of_bucket(bucket_of(kKey, aor), 3));
}

}  // namespace herald::server::bucket_test
