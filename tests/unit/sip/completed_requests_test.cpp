// tests/unit/sip/completed_requests_test.cpp: the log of answered requests: found, lapsed, bounded,
// given back.
#include "sip/completed_requests.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

namespace herald::sip::completed_requests_test {

using namespace std::chrono_literals;

namespace {

const base::HashKey kKey{1, 2};

RequestKey key_of(int number) {
    const std::string text = std::to_string(number);
    return {.transaction = base::keyed_hash128(kKey, text),
            .merged = base::keyed_hash(kKey, text) | 1};
}

constexpr base::Instant kStart{1h};
constexpr std::size_t kPlenty = std::size_t{1} << 32;
const Endpoint kPeer = *Endpoint::from("192.0.2.1", 5060);
const Endpoint kOther = *Endpoint::from("192.0.2.2", 5060);

}  // namespace

TEST_CASE("an answered request is found until its time is over, not after") {
    SiteShares shares({});
    CompletedRequests completed(10, 32s, kPlenty, &shares);
    completed.remember(key_of(1), "one", kPeer, kStart);
    completed.remember(key_of(2), "two", kPeer, kStart + 1s);

    CHECK(completed.find(key_of(1).transaction, kStart + 32s - 1ms) == "one");
    CHECK_FALSE(completed.find(key_of(1).transaction, kStart + 32s));
    CHECK(completed.find(key_of(2).transaction, kStart + 32s) == "two");
    CHECK_FALSE(completed.find(key_of(3).transaction, kStart));
    CHECK(completed.next_expiry() == kStart + 32s);

    completed.expire(kStart + 32s);
    CHECK(completed.size() == 1);
    completed.expire(kStart + 33s);
    CHECK(completed.size() == 0);
    CHECK_FALSE(completed.next_expiry());
}

TEST_CASE("RFC 3261 8.2.2.2: the same request by another way is merged, its own copy is not") {
    SiteShares shares({});
    CompletedRequests completed(10, 32s, kPlenty, &shares);
    completed.remember(key_of(1), "one", kPeer, kStart);
    const RequestKey forked{.transaction = key_of(7).transaction, .merged = key_of(1).merged};

    CHECK(completed.has_merged(forked, kStart));
    CHECK_FALSE(completed.has_merged(key_of(1), kStart));
    CHECK_FALSE(completed.has_merged(forked, kStart + 32s));
    CHECK_FALSE(completed.has_merged({.transaction = key_of(7).transaction, .merged = 0}, kStart));
}

TEST_CASE("with no room the oldest is forgotten, and it is said so") {
    SiteShares shares({});
    CompletedRequests completed(2, 32s, kPlenty, &shares);

    CHECK_FALSE(completed.remember(key_of(1), "one", kPeer, kStart));
    CHECK_FALSE(completed.remember(key_of(2), "two", kPeer, kStart));
    CHECK(completed.remember(key_of(3), "three", kPeer, kStart));

    CHECK(completed.size() == 2);
    CHECK_FALSE(completed.find(key_of(1).transaction, kStart));
    CHECK(completed.find(key_of(3).transaction, kStart) == "three");
}

TEST_CASE("remembered answers are bounded by bytes, whatever their number") {
    SiteShares shares({{kPeer, 32}});
    CompletedRequests completed(1'000'000, 32s, 1 << 20, &shares);
    const std::string large(50'000, 'x');
    int forgotten = 0;
    for (int i = 0; i < 200; ++i)
        forgotten += completed.remember(key_of(i), large, kPeer, kStart) ? 1 : 0;

    CHECK(completed.memory() < (1 << 20) + 10'000);
    CHECK(completed.size() == 16);
    CHECK(forgotten == 184);
    CHECK(completed.find(key_of(199).transaction, kStart) == large);
    CHECK_FALSE(completed.find(key_of(0).transaction, kStart));
}

TEST_CASE("an answer larger than a chunk is not kept, but its request is known") {
    SiteShares shares({});
    CompletedRequests completed(2, 32s, kPlenty, &shares);

    completed.remember(key_of(1), std::string(100'000, 'x'), kPeer, kStart);

    CHECK(completed.find(key_of(1).transaction, kStart) == "");
}

TEST_CASE(
    "100,000 requests through a FIFO of 32 s: all found, 103 bytes each at worst, given back") {
    SiteShares shares({});
    CompletedRequests completed(1'000'000, 32s, kPlenty, &shares);
    const std::string packed(25, 'p');
    constexpr int kCount = 100'000;
    for (int i = 0; i < kCount; ++i) {
        completed.remember(key_of(i), packed + std::to_string(i % 10), kPeer,
                           kStart + i / 10 * 1ms);
    }

    bool all_found = true;
    for (int i = 0; i < kCount; ++i) {
        const auto found = completed.find(key_of(i).transaction, kStart + 10s);
        all_found &= found == packed + std::to_string(i % 10);
    }

    CHECK(all_found);
    CHECK(completed.memory() / kCount <= 103);
    completed.expire(kStart + 37s);
    CHECK(completed.size() == kCount / 2 - 10);
    CHECK(completed.find(key_of(kCount - 1).transaction, kStart + 37s));
    completed.expire(kStart + 42s - 10ms);
    CHECK(completed.size() == 90);
    CHECK(completed.find(key_of(kCount - 1).transaction, kStart + 41s));
    const RequestKey forked{.transaction = key_of(-1).transaction,
                            .merged = key_of(kCount - 1).merged};
    CHECK(completed.has_merged(forked, kStart + 41s));
    CHECK(completed.memory() < 1'000'000);
    completed.expire(kStart + 1h);
    CHECK(completed.memory() < 70'000);
}

TEST_CASE("a chunk that lasts for weeks keeps its times right") {
    // Each is there still when the next one comes, so that no chunk is ever empty.
    SiteShares shares({});
    CompletedRequests completed(1'000, 25h, kPlenty, &shares);
    base::Instant now = kStart;
    for (int i = 0; i < 60; ++i, now += 24h) {
        completed.remember(key_of(i), "x", kPeer, now);
        CHECK(completed.find(key_of(i).transaction, now + 25h - 1ms) == "x");
        CHECK_FALSE(completed.find(key_of(i).transaction, now + 25h));
        CHECK(completed.size() == (i == 0 ? 1 : 2));
    }
}

TEST_CASE("of a table that is half full one source has an eighth at most; a trusted one any part") {
    SiteShares shares({{kOther, 32}});
    CompletedRequests completed(1'000'000, 32s, 1 << 20, &shares);
    const std::string answer(1000, 'x');
    int next = 0;
    const auto flood = [&](const Endpoint& peer) {
        int kept = 0;
        for (int i = 0; i < 2000; ++i) {
            const auto key = key_of(next++);
            completed.remember(key, answer, peer, kStart);
            kept += completed.find(key.transaction, kStart) ? 1 : 0;
        }
        return kept;
    };

    CHECK(flood(kPeer) <= 530);
    const auto first = key_of(0);
    CHECK(completed.find(first.transaction, kStart));
    CHECK(flood(kOther) == 2000);

    // What lapsed is no longer held.
    completed.expire(kStart + 33s);
    CHECK_FALSE(completed.remember(key_of(next), answer, kPeer, kStart + 33s));
}

}  // namespace herald::sip::completed_requests_test
