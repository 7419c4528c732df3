// tests/unit/cli/bench/bench_exchange_test.cpp: requests on their way, until a final answer or
// none.
#include "cli/bench/bench_exchange.h"

#include <vector>

#include <doctest/doctest.h>

namespace herald::cli::bench::bench_exchange_test {
namespace {

using namespace std::chrono_literals;
using Verdict = Exchanges::Due::Verdict;

constexpr base::Instant kBegin{1h};

std::string branch_of(Exchanges& exchanges, const Exchange& exchange) {
    const std::string via(exchanges.via(exchange, "127.0.0.1:5061"));
    const std::string mark = ";branch=";
    return via.substr(via.find(mark) + mark.size());
}

/// Milliseconds after the start at which something was due, negative for giving up.
std::vector<long> dues(Exchanges& exchanges, base::Duration length) {
    std::vector<long> found;
    for (base::Duration at{0}; at <= length; at += 10ms) {
        for (;;) {
            const auto due = exchanges.next_due(kBegin + at);
            if (due.verdict == Verdict::none) break;
            const auto milliseconds = static_cast<long>(at / 1ms);
            found.push_back(due.verdict == Verdict::repeat ? milliseconds : -milliseconds);
            if (due.verdict == Verdict::give_up) exchanges.close(*due.exchange);
        }
    }
    return found;
}

TEST_CASE("RFC 3261 17.1.2.2: an unanswered request is repeated as Timer E says, until Timer F") {
    Exchanges exchanges({.timeout = 32s, .retransmits = true});
    exchanges.start(exchanges.open(Exchange::Kind::publish, 0, 0), kBegin);

    const auto found = dues(exchanges, 40s);

    CHECK(found == std::vector<long>{500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500,
                                     31500, -32000});
    CHECK(exchanges.open_count() == 0);
}

TEST_CASE("without repetition an unanswered request is given up once") {
    Exchanges exchanges({.timeout = 5s, .retransmits = false});
    exchanges.start(exchanges.open(Exchange::Kind::publish, 0, 0), kBegin);

    CHECK(dues(exchanges, 20s) == std::vector<long>{-5000});
}

TEST_CASE("an answered request is neither repeated nor found again") {
    Exchanges exchanges({.timeout = 32s, .retransmits = true});
    Exchange& first = exchanges.open(Exchange::Kind::subscribe, 3, 1);
    exchanges.start(first, kBegin);
    const std::string branch = branch_of(exchanges, first);
    REQUIRE(exchanges.find(branch) == &first);

    exchanges.close(first);
    Exchange& second = exchanges.open(Exchange::Kind::publish, 4, 1);

    CHECK(&second == &first);
    CHECK(exchanges.find(branch) == nullptr);
    CHECK(exchanges.find(branch_of(exchanges, second)) == &second);
    CHECK(dues(exchanges, 40s).empty());
}

TEST_CASE("branches that are not ours find nothing") {
    Exchanges exchanges({.timeout = 5s});
    exchanges.open(Exchange::Kind::publish, 0, 0);

    for (const char* branch :
         {"", "z9hG4bK", "z9hG4bK-bench-", "z9hG4bK-bench-0", "z9hG4bK-bench-0.",
          "z9hG4bK-bench-7.1", "z9hG4bK-bench-x.1", "z9hG4bK-bench-0.2"}) {
        CHECK(exchanges.find(branch) == nullptr);
    }
}

TEST_CASE("only so many are open at once") {
    Exchanges exchanges({.timeout = 5s, .retransmits = false, .most = 2});
    exchanges.open(Exchange::Kind::publish, 0, 0);
    Exchange& last = exchanges.open(Exchange::Kind::publish, 1, 0);
    CHECK(exchanges.is_full());

    exchanges.close(last);

    CHECK_FALSE(exchanges.is_full());
}

}  // namespace
}  // namespace herald::cli::bench::bench_exchange_test
