// tests/unit/sip/nonce_test.cpp: which counts a replay window takes, and what it forgets.
#include "sip/nonce.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace herald::sip::nonce_test {

using namespace std::chrono_literals;

namespace {

constexpr base::WallTime kLongAgo{};
constexpr base::WallTime kIssued{100s};

}  // namespace

TEST_CASE("a nonce tells where it was sent, on whatever port") {
    const NonceMint mint({1, 2}, "realm", 7);
    const auto at = [](const char* host, std::uint16_t port) {
        return *Endpoint::from(host, port);
    };

    const auto nonce = mint.read(mint.issue(kIssued, at("192.0.2.9", 5060)));

    REQUIRE(nonce);
    CHECK(mint.was_sent_to(*nonce, at("192.0.2.9", 40000)));
    CHECK_FALSE(mint.was_sent_to(*nonce, at("192.0.2.10", 5060)));
    CHECK_FALSE(mint.was_sent_to(*nonce, at("2001:db8::9", 5060)));
}

TEST_CASE("RFC 7616 5.4: the last 64 counts are told apart, however far the highest moved") {
    ReplayWindows windows(10);
    const ReplayWindows::Series series{1, kIssued};
    REQUIRE(windows.admit(series, 1, kLongAgo));

    REQUIRE(windows.admit(series, 41, kLongAgo));
    CHECK_FALSE(windows.admit(series, 1, kLongAgo));
    CHECK(windows.admit(series, 2, kLongAgo));
    REQUIRE(windows.admit(series, 65, kLongAgo));
    CHECK_FALSE(windows.admit(series, 2, kLongAgo));
    CHECK(windows.admit(series, 3, kLongAgo));
    REQUIRE(windows.admit(series, 129, kLongAgo));
    CHECK_FALSE(windows.admit(series, 65, kLongAgo));
    CHECK(windows.admit(series, 66, kLongAgo));
}

TEST_CASE("RFC 7616 5.4: no series begins whose nonce is as old as one just forgotten") {
    ReplayWindows windows(1);
    REQUIRE(windows.admit({1, kIssued}, 1, kLongAgo));

    CHECK_FALSE(windows.admit({2, kIssued - 1s}, 1, kLongAgo));
    CHECK(windows.size() == 0);
    CHECK_FALSE(windows.admit({1, kIssued}, 2, kLongAgo));
    CHECK(windows.admit({3, kIssued + 1s}, 1, kLongAgo));
}

TEST_CASE("RFC 7616 5.4: many threads together use a count once") {
    ReplayLedger ledger(1000);
    std::atomic<int> taken = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (std::uint32_t count = 1; count <= 1000; ++count) {
                if (ledger.admit({count % 10, kIssued}, count / 10 + 1, kLongAgo)) ++taken;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();

    // The slowest may find its counts below the window, but none twice.
    CHECK(taken <= 1000);
    CHECK(taken >= 10);
}

TEST_CASE("a nonce tells when and in which run it was issued, to who has its key") {
    const NonceMint mint({1, 2}, "realm", 7);
    const NonceMint later({1, 2}, "realm", 8);
    const NonceMint other({3, 4}, "realm", 7);
    const auto nonce = mint.issue(kIssued, {});

    REQUIRE(later.read(nonce));
    CHECK(later.read(nonce)->issued == kIssued);
    CHECK(later.read(nonce)->run == 7);
    CHECK_FALSE(other.read(nonce));
}

TEST_CASE("series of nonces no longer asked for make room first") {
    ReplayWindows windows(10);
    REQUIRE(windows.admit({1, kIssued}, 1, kLongAgo));
    REQUIRE(windows.admit({2, kIssued + 10s}, 1, kLongAgo));

    CHECK(windows.admit({3, kIssued + 20s}, 1, kIssued + 10s));

    CHECK(windows.size() == 2);
    CHECK_FALSE(windows.admit({2, kIssued + 10s}, 1, kIssued + 10s));
}

}  // namespace herald::sip::nonce_test
