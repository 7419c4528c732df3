// tests/unit/base/timers_test.cpp: the timer wheel, by hand and against a model.
#include "base/timers.h"

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include <doctest/doctest.h>

namespace herald::base::timers_test {

using namespace std::chrono_literals;

namespace {

/// A wheel whose one owner notes what fired.
struct Fixture {
    ManualClock clock;
    Timers timers{clock.now()};
    std::vector<std::uint64_t> fired;
    Timers::Owner owner =
        timers.add_owner([this](std::uint64_t payload) { fired.push_back(payload); });

    TimerId in(Duration delay, std::uint64_t payload) {
        return timers.arm(owner, payload, clock.now() + delay);
    }
    void pass(Duration time) {
        clock.advance(time);
        timers.advance(clock.now());
    }
};

}  // namespace

TEST_CASE("a timer fires once, at its tick and not before") {
    Fixture f;
    const TimerId id = f.in(10ms, 7);

    f.pass(9999us);
    CHECK(f.fired.empty());
    CHECK(f.timers.is_armed(id));
    CHECK(f.timers.size() == 1);

    f.pass(1us);
    CHECK(f.fired == std::vector<std::uint64_t>{7});
    CHECK_FALSE(f.timers.is_armed(id));
    CHECK(f.timers.size() == 0);

    f.pass(100s);
    CHECK(f.fired.size() == 1);
}

TEST_CASE("a part of a millisecond is rounded up, never early") {
    Fixture f;
    f.clock.advance(300us);
    f.in(1us, 1);
    f.in(700us, 2);
    f.in(701us, 3);

    f.pass(699us);
    CHECK(f.fired.empty());
    f.pass(1us);
    CHECK(f.fired == std::vector<std::uint64_t>{1, 2});
    f.pass(999us);
    CHECK(f.fired.size() == 2);
    f.pass(1us);
    CHECK(f.fired.size() == 3);
}

TEST_CASE("a timer in the past or at this moment fires at the next advance") {
    Fixture f;
    f.pass(5s);
    f.in(0ms, 1);
    f.in(-3s, 2);
    f.timers.arm(f.owner, 3, Instant::min());

    CHECK(f.timers.next() <= f.clock.now());
    CHECK(f.timers.advance(f.clock.now()) == 3);

    CHECK(f.fired == std::vector<std::uint64_t>{1, 2, 3});
}

TEST_CASE("time that goes back fires nothing") {
    Fixture f;
    f.pass(10s);
    f.in(1s, 1);

    CHECK(f.timers.advance(f.clock.now() - 5s) == 0);
    CHECK(f.timers.advance(Instant::min()) == 0);
    f.pass(1s);

    CHECK(f.fired.size() == 1);
}

TEST_CASE("cancel takes effect, resets the id, and stale ids are harmless") {
    Fixture f;
    TimerId id = f.in(10ms, 1);
    const TimerId stale = id;

    f.timers.cancel(id);
    CHECK_FALSE(id);
    CHECK_FALSE(f.timers.is_armed(stale));

    const TimerId reused = f.in(10ms, 2);
    CHECK(reused.slot == stale.slot);
    TimerId copy = stale;
    f.timers.cancel(copy);
    TimerId none;
    f.timers.cancel(none);
    TimerId foreign{.slot = 12345, .generation = 0};
    f.timers.cancel(foreign);
    CHECK(f.timers.is_armed(reused));

    f.pass(10ms);
    CHECK(f.fired == std::vector<std::uint64_t>{2});
}

TEST_CASE("timers fire in order of expiry, within a tick in order of arming, over all levels") {
    Fixture f;
    std::vector<std::pair<std::int64_t, std::uint64_t>> expected;
    std::mt19937 random(1);
    const Instant start = f.clock.now();
    for (std::uint64_t i = 0; i < 5000; ++i) {
        // Few different ticks, far and near, armed at different times: cascades meet direct arming.
        const std::int64_t tick =
            std::int64_t(random() % 40) * 2048 + std::int64_t(i / 100) * 7 + 400;
        f.timers.arm(f.owner, i, start + std::chrono::milliseconds(tick));
        expected.emplace_back(tick, i);
        if (i % 100 == 99) f.pass(7ms);
    }
    f.pass(200s);

    std::stable_sort(expected.begin(), expected.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    REQUIRE(f.fired.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) REQUIRE(f.fired[i] == expected[i].second);
}

TEST_CASE("handlers may cancel timers of the same tick, those armed later and themselves") {
    ManualClock clock;
    Timers timers(clock.now());
    std::vector<std::uint64_t> fired;
    std::vector<TimerId> ids(5);
    const Timers::Owner owner = timers.add_owner([&](std::uint64_t payload) {
        fired.push_back(payload);
        if (payload != 1) return;
        timers.cancel(ids[1]);
        timers.cancel(ids[2]);
        timers.cancel(ids[4]);
    });
    for (std::uint64_t i = 0; i < 4; ++i) ids[i] = timers.arm(owner, i, clock.now() + 5ms);
    ids[4] = timers.arm(owner, 4, clock.now() + 6ms);

    clock.advance(10ms);
    timers.advance(clock.now());

    CHECK(fired == std::vector<std::uint64_t>{0, 1, 3});
    CHECK(timers.size() == 0);
    CHECK_FALSE(timers.next());
}

TEST_CASE("the last of a tick may be cancelled by the first") {
    ManualClock clock;
    Timers timers(clock.now());
    std::vector<std::uint64_t> fired;
    std::vector<TimerId> ids(3);
    const Timers::Owner owner = timers.add_owner([&](std::uint64_t payload) {
        fired.push_back(payload);
        timers.cancel(ids[2]);
        timers.cancel(ids[1]);
    });
    for (std::uint64_t i = 0; i < 3; ++i) ids[i] = timers.arm(owner, i, clock.now() + 5ms);

    clock.advance(5ms);
    CHECK(timers.advance(clock.now()) == 1);
    CHECK(timers.size() == 0);
}

TEST_CASE("a handler that re-arms in the past is called once a tick, not for ever") {
    ManualClock clock;
    Timers timers(clock.now());
    int calls = 0;
    Timers::Owner owner = 0;
    owner = timers.add_owner([&](std::uint64_t) {
        ++calls;
        timers.arm(owner, 0, clock.now() - 1s);
    });
    timers.arm(owner, 0, clock.now());

    timers.advance(clock.now());
    CHECK(calls == 1);
    timers.advance(clock.now());
    CHECK(calls == 1);
    clock.advance(1ms);
    timers.advance(clock.now());
    CHECK(calls == 2);
}

TEST_CASE("a periodic timer keeps its beat through one long advance") {
    ManualClock clock;
    Timers timers(clock.now());
    std::vector<Instant> beats;
    Instant due = clock.now();
    Timers::Owner owner = 0;
    owner = timers.add_owner([&](std::uint64_t) {
        beats.push_back(due);
        due += 100ms;
        timers.arm(owner, 0, due);
    });
    due += 100ms;
    timers.arm(owner, 0, due);

    clock.advance(10s);
    timers.advance(clock.now());

    CHECK(beats.size() == 100);
}

TEST_CASE("handlers may add owners and arm many timers, over which everything moves") {
    ManualClock clock;
    Timers timers(clock.now());
    int late = 0;
    timers.arm(clock.now() + 1ms, [&] {
        for (int i = 0; i < 100; ++i) {
            const auto owner = timers.add_owner([&](std::uint64_t) { ++late; });
            for (int j = 0; j < 100; ++j) timers.arm(owner, 0, clock.now() + 1ms);
        }
    });

    clock.advance(1ms);
    timers.advance(clock.now());
    clock.advance(1ms);
    timers.advance(clock.now());

    CHECK(late == 10'000);
}

TEST_CASE("closures run once and are freed when they ran, were cancelled or the wheel goes") {
    ManualClock clock;
    const auto token = std::make_shared<int>(0);
    {
        Timers timers(clock.now());
        timers.arm(clock.now() + 1ms, [token] { ++*token; });
        TimerId cancelled = timers.arm(clock.now() + 1ms, [token] { *token += 100; });
        timers.arm(clock.now() + 1h, [token] { *token += 1000; });
        CHECK(token.use_count() == 4);

        timers.cancel(cancelled);
        CHECK(token.use_count() == 3);
        clock.advance(1ms);
        timers.advance(clock.now());

        CHECK(*token == 1);
        CHECK(token.use_count() == 2);
    }
    CHECK(token.use_count() == 1);
}

TEST_CASE("a closure's captures may cancel and arm as they end") {
    ManualClock clock;
    Timers timers(clock.now());
    TimerId other = timers.arm(clock.now() + 1s, [] {});
    struct OnEnd {
        Timers* timers;
        TimerId* other;
        Instant when;
        ~OnEnd() {
            timers->cancel(*other);
            timers->arm(when, [] {});
        }
    };
    std::unique_ptr<OnEnd> capture(new OnEnd{&timers, &other, clock.now() + 2s});
    const std::size_t before = timers.size();
    TimerId id = timers.arm(clock.now() + 1s, [held = std::move(capture)] {});

    timers.cancel(id);

    CHECK_FALSE(other);
    CHECK(timers.size() == before);
}

TEST_CASE("next() is never later than the next expiry and leads there in few steps") {
    Fixture f;
    CHECK_FALSE(f.timers.next());
    for (const auto delay :
         {1ms, 255ms, 256ms, 257ms, 65'535ms, 65'536ms, 16'777'216ms, 4'000'000'000ms}) {
        const Instant due = f.clock.now() + delay;
        f.in(delay, 1);
        int steps = 0;
        while (f.timers.size() != 0) {
            const auto next = f.timers.next();
            REQUIRE(next);
            REQUIRE(*next <= due);
            REQUIRE(*next >= f.clock.now());
            f.clock.advance(*next - f.clock.now());
            f.timers.advance(f.clock.now());
            REQUIRE(++steps <= 5);
        }
        CHECK(f.clock.now() == due);
    }
}

TEST_CASE("a timer beyond the range of the wheel fires when the range ends") {
    Fixture f;
    f.pass(12345ms);
    f.timers.arm(f.owner, 1, Instant::max());

    f.pass(std::chrono::hours(24 * 49));
    CHECK(f.fired.empty());
    f.pass(std::chrono::hours(24));
    CHECK(f.fired.size() == 1);
}

TEST_CASE("ticks may pass 32 bits: the wheel works on after 50 days, and after 200") {
    Fixture f;
    for (int i = 0; i < 4; ++i) {
        f.pass(std::chrono::milliseconds((std::int64_t{1} << 32) - 1000));
        f.fired.clear();
        f.in(999ms, 1);
        f.in(1000ms, 2);
        f.in(1001ms, 3);
        f.in(40h, 4);
        TimerId cancelled = f.in(1001ms, 5);
        f.timers.cancel(cancelled);

        f.pass(998ms);
        CHECK(f.fired.empty());
        f.pass(2ms);
        CHECK(f.fired == std::vector<std::uint64_t>{1, 2});
        f.pass(1ms);
        CHECK(f.fired.size() == 3);
        f.pass(40h);
        CHECK(f.fired.size() == 4);
    }
}

TEST_CASE("the wheel agrees with a multimap over random arming, cancelling and advancing") {
    for (const unsigned seed : {1U, 2U, 3U, 4U, 5U, 6U}) {
        std::mt19937_64 random(seed);
        ManualClock clock;
        Timers timers(clock.now());
        std::multimap<Instant, std::uint64_t> model;
        std::map<std::uint64_t, std::pair<TimerId, std::multimap<Instant, std::uint64_t>::iterator>>
            live;
        std::uint64_t made = 0;
        Timers::Owner owner = 0;

        const auto arm = [&] {
            // Delays of every magnitude up to three weeks, microseconds included.
            const auto bits = random() % 41;
            const Duration delay(
                static_cast<std::int64_t>(random() & ((std::uint64_t{1} << bits) - 1)));
            const Instant when = clock.now() + delay;
            const std::uint64_t payload = made++;
            live[payload] = {timers.arm(owner, payload, when), model.emplace(when, payload)};
        };
        const auto cancel = [&] {
            if (live.empty()) return;
            auto it = live.lower_bound(random() % made);
            if (it == live.end()) it = live.begin();
            REQUIRE(timers.is_armed(it->second.first));
            timers.cancel(it->second.first);
            model.erase(it->second.second);
            live.erase(it);
        };
        owner = timers.add_owner([&](std::uint64_t payload) {
            const auto it = live.find(payload);
            REQUIRE(it != live.end());
            REQUIRE(it->second.second->first <= clock.now());  // never early
            REQUIRE_FALSE(timers.is_armed(it->second.first));
            model.erase(it->second.second);
            live.erase(it);
            if (random() % 8 == 0) arm();
            if (random() % 8 == 0) cancel();
        });

        for (int step = 0; step < 4000; ++step) {
            for (auto n = random() % 8; n != 0; --n) arm();
            for (auto n = random() % 4; n != 0; --n) cancel();
            const auto bits = random() % 36;
            clock.advance(
                Duration(static_cast<std::int64_t>(random() & ((std::uint64_t{1} << bits) - 1))));
            timers.advance(clock.now());

            REQUIRE(timers.size() == model.size());
            // Nothing is later than its tick, but what a handler armed in the tick that fired.
            if (!model.empty()) REQUIRE(model.begin()->first > clock.now() - 1ms);
            const auto next = timers.next();
            REQUIRE(next.has_value() == !model.empty());
            if (next) REQUIRE(*next <= model.begin()->first + 1ms);
        }
    }
}

}  // namespace herald::base::timers_test
