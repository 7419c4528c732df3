// tests/unit/server/subscriber/pbx_watch_test.cpp: PBXs that are away, and the lines that wait.
#include "server/subscriber/pbx_watch.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace herald::server::pbx_watch_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Trouble = PbxWatch::Trouble;

const std::string kOffice = "office";

struct Bench {
    base::ManualClock clock;
    base::Loop loop{clock};
    std::vector<std::pair<std::uint64_t, base::Duration>> resumed;
    PbxWatch watch{loop, [this](std::uint64_t line, base::Duration delay) {
                       resumed.emplace_back(line, delay);
                   }};

    void pass(base::Duration time) {
        clock.advance(time);
        loop.turn(base::Duration::zero());
    }
    void fail(std::uint64_t line, Trouble trouble = Trouble::unreachable) {
        watch.failed(kOffice, line, trouble, "why", {});
    }
};

}  // namespace

TEST_CASE("a PBX nobody failed at may be tried by all") {
    Bench bench;
    CHECK(bench.watch.may_try(kOffice, 1));
    bench.watch.answered(kOffice);
    CHECK(bench.resumed.empty());
    CHECK(bench.watch.held() == 0);
}

TEST_CASE("a PBX that never answered is tried by one line, for all") {
    Bench bench;
    bench.watch.try_first(kOffice, 1);
    CHECK(bench.watch.may_try(kOffice, 1));
    CHECK_FALSE(bench.watch.may_try(kOffice, 2));
    bench.watch.wait_for(kOffice, 2);
    bench.watch.answered(kOffice);
    REQUIRE(bench.resumed.size() == 1);
    CHECK(bench.resumed[0] == std::pair(std::uint64_t{2}, kPace));
    CHECK(bench.watch.held() == 0);

    bench.watch.try_first(kOffice, 3);
    CHECK(bench.watch.may_try(kOffice, 4));
    CHECK(bench.watch.held() == 0);
}

TEST_CASE("trouble at the first try of all is told, and that it is over, once each") {
    Bench bench;
    std::vector<std::pair<bool, std::string>> told;
    bench.watch.on_change([&](const std::string&, bool is_up, std::string_view why) {
        told.emplace_back(is_up, why);
    });
    bench.watch.try_first(kOffice, 1);
    bench.fail(1);
    bench.fail(2);
    bench.watch.answered(kOffice);
    CHECK(told == std::vector<std::pair<bool, std::string>>{{false, "why"}, {true, ""}});
}

TEST_CASE("a line that tried first and goes hands that on") {
    Bench bench;
    bench.watch.try_first(kOffice, 1);
    bench.watch.wait_for(kOffice, 2);
    bench.watch.forget(kOffice, 1);
    REQUIRE(bench.resumed.size() == 1);
    CHECK(bench.resumed[0].first == 2);
    CHECK(bench.watch.may_try(kOffice, 2));
    bench.watch.forget(kOffice, 2);
    CHECK(bench.watch.held() == 0);
}

TEST_CASE("who is told to hurry tries now, and the others go on waiting") {
    Bench bench;
    CHECK_FALSE(bench.watch.hasten(kOffice, 1));
    bench.fail(1, Trouble::login_refused);
    bench.fail(2);
    const auto absence = bench.watch.absence(kOffice);
    REQUIRE(absence);
    CHECK(absence->why == "why");
    CHECK(absence->next == bench.loop.now() + std::chrono::hours(1));

    CHECK(bench.watch.hasten(kOffice, 2));
    REQUIRE(bench.resumed.size() == 1);
    CHECK(bench.resumed[0].first == 2);
    CHECK(bench.watch.may_try(kOffice, 2));
    CHECK(bench.watch.absence(kOffice)->next == base::Instant{});
    // It is under way already.
    CHECK_FALSE(bench.watch.hasten(kOffice, 1));
    bench.fail(2, Trouble::login_refused);
    CHECK(bench.watch.absence(kOffice)->next == bench.loop.now() + std::chrono::hours(1));
    bench.watch.answered(kOffice);
    CHECK_FALSE(bench.watch.absence(kOffice));
    CHECK(bench.loop.timers().size() == 0);
}

TEST_CASE("a PBX that is away is tried by one line at a time, and all follow when it answers") {
    Bench bench;
    for (std::uint64_t line = 1; line <= 3; ++line) bench.fail(line);
    CHECK_FALSE(bench.watch.may_try(kOffice, 1));
    CHECK(bench.watch.may_try("other", 1));

    bench.pass(milliseconds(1001));

    REQUIRE(bench.resumed.size() == 1);
    CHECK(bench.resumed[0].first == 1);
    CHECK(bench.watch.may_try(kOffice, 1));
    CHECK_FALSE(bench.watch.may_try(kOffice, 2));
    bench.resumed.clear();
    bench.watch.answered(kOffice);
    REQUIRE(bench.resumed.size() == 2);
    CHECK(bench.resumed[0] == std::pair(std::uint64_t{2}, kPace));
    CHECK(bench.resumed[1] == std::pair(std::uint64_t{3}, 2 * kPace));
    CHECK(bench.watch.may_try(kOffice, 3));
    CHECK(bench.loop.timers().size() == 0);
}

TEST_CASE("the pauses double, up to a minute") {
    Bench bench;
    bench.fail(1);
    std::vector<base::Duration> pauses;
    for (int i = 0; i < 12; ++i) {
        base::Duration pause{};
        for (; bench.resumed.empty(); pause += milliseconds(100)) bench.pass(milliseconds(100));
        pauses.push_back(pause);
        bench.fail(std::exchange(bench.resumed, {}).front().first);
    }
    CHECK(pauses[0] <= milliseconds(1100));
    CHECK(pauses[3] >= seconds(4));
    for (const auto pause : pauses) CHECK(pause <= milliseconds(60'100));
    CHECK(pauses.back() >= seconds(30));
}

TEST_CASE("a refused login is not tried for an hour") {
    Bench bench;
    bench.fail(1, Trouble::login_refused);
    bench.fail(2, Trouble::login_refused);
    bench.pass(minutes(59));
    CHECK(bench.resumed.empty());
    bench.pass(minutes(1) + milliseconds(1));
    CHECK(bench.resumed.size() == 1);
}

TEST_CASE("a line that goes while it tries for all leaves that to the next one") {
    Bench bench;
    bench.fail(1);
    bench.fail(2);
    bench.pass(milliseconds(1001));
    REQUIRE(bench.resumed.size() == 1);

    bench.watch.forget(kOffice, 1);

    REQUIRE(bench.resumed.size() == 2);
    CHECK(bench.resumed[1].first == 2);
    bench.watch.forget(kOffice, 2);
    CHECK(bench.watch.held() == 0);
    CHECK(bench.loop.timers().size() == 0);
}

}  // namespace herald::server::pbx_watch_test
