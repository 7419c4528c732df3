// tests/unit/base/loop_test.cpp: the event loop on pipes, with tasks from other threads.
#include "base/loop.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace herald::base::loop_test {

using namespace std::chrono_literals;

namespace {

struct Pipe {
    int ends[2] = {-1, -1};
    Pipe() { REQUIRE(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0); }
    ~Pipe() {
        close(ends[0]);
        close(ends[1]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    int reader() const { return ends[0]; }
    int writer() const { return ends[1]; }
    void put(char c = 'x') const { REQUIRE(write(ends[1], &c, 1) == 1); }
    char get() const {
        char c = 0;
        return read(ends[0], &c, 1) == 1 ? c : '\0';
    }
};

}  // namespace

TEST_CASE("a watcher is called while its descriptor is ready, with the events that are") {
    ManualClock clock;
    Loop loop(clock);
    const Pipe pipe;
    std::vector<std::uint32_t> events;
    REQUIRE(loop.watch(pipe.reader(), EPOLLIN, [&](std::uint32_t e) { events.push_back(e); }));

    CHECK_FALSE(loop.turn(0ms));
    pipe.put();
    CHECK(loop.turn(0ms));
    CHECK(loop.turn(0ms));  // level-triggered: not read yet
    CHECK(pipe.get() == 'x');
    CHECK_FALSE(loop.turn(0ms));

    CHECK(events == std::vector<std::uint32_t>{EPOLLIN, EPOLLIN});
}

TEST_CASE("after the process stood still, what arrived is read before timers fire") {
    ManualClock clock;
    Loop loop(clock);
    const Pipe pipe;
    std::vector<char> order;
    REQUIRE(
        loop.watch(pipe.reader(), EPOLLIN, [&](std::uint32_t) { order.push_back(pipe.get()); }));
    loop.timers().arm(loop.now() + 500ms, [&] { order.push_back('T'); });
    pipe.put('a');
    pipe.put('b');

    clock.advance(10s);
    while (loop.turn(0ms)) continue;

    CHECK(order == std::vector<char>{'a', 'b', 'T'});
}

TEST_CASE("a timer that is late by no more than a busy turn does not wait for input") {
    ManualClock clock;
    Loop loop(clock);
    const Pipe pipe;
    std::vector<char> order;
    REQUIRE(
        loop.watch(pipe.reader(), EPOLLIN, [&](std::uint32_t) { order.push_back(pipe.get()); }));
    loop.timers().arm(loop.now() + 500ms, [&] { order.push_back('T'); });
    pipe.put('a');
    pipe.put('b');

    clock.advance(900ms);
    while (loop.turn(0ms)) continue;

    CHECK(order == std::vector<char>{'a', 'T', 'b'});
}

TEST_CASE("input without end does not keep late timers waiting for ever") {
    ManualClock clock;
    Loop loop(clock);
    const Pipe pipe;
    bool fired = false;
    REQUIRE(loop.watch(pipe.reader(), EPOLLIN, [](std::uint32_t) {}));  // never read
    loop.timers().arm(loop.now() + 500ms, [&] { fired = true; });
    pipe.put();

    clock.advance(10s);
    for (int turns = 0; turns < 2'000 && !fired; ++turns) loop.turn(0ms);

    CHECK(fired);
}

TEST_CASE("what is posted while the process catches up runs before late timers") {
    ManualClock clock;
    Loop loop(clock);
    const Pipe pipe;
    std::vector<char> order;
    REQUIRE(loop.watch(pipe.reader(), EPOLLIN, [&](std::uint32_t) {
        pipe.get();
        loop.post([&] { order.push_back('p'); });
    }));
    loop.timers().arm(loop.now() + 500ms, [&] { order.push_back('T'); });
    pipe.put();

    clock.advance(10s);
    while (loop.turn(0ms)) continue;

    CHECK(order == std::vector<char>{'p', 'T'});
}

TEST_CASE("rewatch changes what is waited for") {
    ManualClock clock;
    Loop loop(clock);
    const Pipe pipe;
    int calls = 0;
    REQUIRE(loop.watch(pipe.writer(), 0, [&](std::uint32_t) { ++calls; }));

    loop.turn(0ms);
    CHECK(calls == 0);
    loop.rewatch(pipe.writer(), EPOLLOUT);
    loop.turn(0ms);
    CHECK(calls == 1);
    loop.rewatch(pipe.writer(), 0);
    loop.turn(0ms);
    CHECK(calls == 1);

    loop.rewatch(pipe.reader(), EPOLLIN);  // not watched: nothing
    loop.rewatch(-1, EPOLLIN);
}

TEST_CASE("watching a descriptor that cannot be watched is a Fault of kind io") {
    ManualClock clock;
    Loop loop(clock);

    const Status status = loop.watch(9999, EPOLLIN, [](std::uint32_t) {});

    REQUIRE_FALSE(status);
    CHECK(status.fault().kind == FaultKind::io);
}

TEST_CASE("watching again replaces the watcher") {
    ManualClock clock;
    Loop loop(clock);
    const Pipe pipe;
    int first = 0;
    int second = 0;
    REQUIRE(loop.watch(pipe.reader(), EPOLLIN, [&](std::uint32_t) { ++first; }));
    REQUIRE(loop.watch(pipe.reader(), EPOLLIN, [&](std::uint32_t) { ++second; }));

    pipe.put();
    loop.turn(0ms);

    CHECK(first == 0);
    CHECK(second == 1);
}

TEST_CASE("unwatch in a callback holds at once, for itself and for others already reported") {
    ManualClock clock;
    Loop loop(clock);
    const Pipe a;
    const Pipe b;
    int calls = 0;
    const auto token = std::make_shared<int>(0);
    const auto only_once = [&, token](std::uint32_t) {
        ++calls;
        loop.unwatch(a.reader());
        loop.unwatch(b.reader());
        ++*token;  // the captures must still stand
    };
    REQUIRE(loop.watch(a.reader(), EPOLLIN, only_once));
    REQUIRE(loop.watch(b.reader(), EPOLLIN, only_once));
    a.put();
    b.put();

    loop.turn(0ms);
    CHECK(calls == 1);
    CHECK(*token == 1);
    CHECK(token.use_count() == 2);  // here and in `only_once`: both watchers are gone
    CHECK_FALSE(loop.turn(0ms));
}

TEST_CASE("an event of a closed descriptor does not reach the watcher that took its number") {
    ManualClock clock;
    Loop loop(clock);
    auto a = std::make_unique<Pipe>();
    auto b = std::make_unique<Pipe>();
    std::unique_ptr<Pipe> fresh;
    int old_calls = 0;
    int new_calls = 0;
    const auto replace = [&](std::unique_ptr<Pipe>& victim) {
        const int number = victim->reader();
        loop.unwatch(number);
        victim.reset();
        fresh = std::make_unique<Pipe>();
        const int reader = fresh->reader();
        REQUIRE(loop.watch(reader, EPOLLIN, [&](std::uint32_t) { ++new_calls; }));
        CHECK(reader == number);
    };
    REQUIRE(loop.watch(a->reader(), EPOLLIN,
                       [&](std::uint32_t) { ++old_calls, a->get(), replace(b); }));
    REQUIRE(loop.watch(b->reader(), EPOLLIN,
                       [&](std::uint32_t) { ++old_calls, b->get(), replace(a); }));
    a->put();
    b->put();

    loop.turn(0ms);

    CHECK(old_calls == 1);
    CHECK(new_calls == 0);
}

TEST_CASE("a watcher may watch many more descriptors") {
    ManualClock clock;
    Loop loop(clock);
    const Pipe first;
    std::vector<std::unique_ptr<Pipe>> pipes;
    int calls = 0;
    REQUIRE(loop.watch(first.reader(), EPOLLIN, [&](std::uint32_t) {
        first.get();
        for (int i = 0; i < 300; ++i) {
            const int fd = pipes.emplace_back(std::make_unique<Pipe>())->reader();
            REQUIRE(loop.watch(fd, EPOLLIN, [&](std::uint32_t) { ++calls; }));
            pipes.back()->put();
        }
    }));
    first.put();

    loop.turn(0ms);
    while (calls < 300) REQUIRE(loop.turn(0ms));
}

TEST_CASE(
    "a turn runs input, timers, posted tasks and hooks in this order, hooks in order of "
    "registration") {
    ManualClock clock;
    Loop loop(clock);
    const Pipe pipe;
    std::vector<int> order;
    REQUIRE(
        loop.watch(pipe.reader(), EPOLLIN, [&](std::uint32_t) { order.push_back(1), pipe.get(); }));
    loop.timers().arm(clock.now() + 5ms, [&] { order.push_back(2); });
    loop.post([&] { order.push_back(3); });
    loop.at_end_of_turn([&] { order.push_back(4); });
    loop.at_end_of_turn([&] { order.push_back(5); });
    pipe.put();
    clock.advance(5ms);

    loop.turn(0ms);
    CHECK(order == std::vector<int>{1, 2, 3, 4, 5});
    CHECK(loop.now() == clock.now());

    CHECK_FALSE(loop.turn(0ms));
    CHECK(order == std::vector<int>{1, 2, 3, 4, 5, 4, 5});
}

TEST_CASE("a hook may register another, over which it does not move") {
    ManualClock clock;
    Loop loop(clock);
    int late = 0;
    bool is_first = true;
    loop.at_end_of_turn([&, payload = std::string(100, 'x')] {
        if (!std::exchange(is_first, false)) return;
        for (int i = 0; i < 100; ++i) loop.at_end_of_turn([&] { ++late; });
        CHECK(payload == std::string(100, 'x'));
    });

    loop.turn(0ms);

    CHECK(late == 100);
}

TEST_CASE("a task posted by a task runs in the next turn, which does not wait") {
    const SystemClock clock;
    Loop loop(clock);
    int runs = 0;
    loop.post([&] {
        ++runs;
        loop.post([&] { ++runs; });
    });

    CHECK(loop.turn(1h));
    CHECK(runs == 1);
    CHECK(loop.turn(1h));
    CHECK(runs == 2);
}

TEST_CASE("a turn waits no longer than the next timer") {
    const SystemClock clock;
    Loop loop(clock);
    bool fired = false;
    const Instant due = clock.now() + 2ms;
    loop.timers().arm(due, [&] { fired = true; });

    while (!fired) loop.turn(1h);

    CHECK(clock.now() >= due);
}

TEST_CASE("posts of many threads all run, each thread's in order, and wake a sleeping loop") {
    const SystemClock clock;
    Loop loop(clock);
    constexpr int kThreads = 4;
    constexpr int kPosts = 5000;
    std::vector<int> seen(kThreads, 0);
    int left = kThreads * kPosts;
    bool is_ordered = true;
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < kPosts; ++i) {
                loop.post([&, t, i] {
                    is_ordered &= seen[static_cast<std::size_t>(t)]++ == i;
                    if (--left == 0) loop.stop();
                });
                if (i % 500 == 0) std::this_thread::yield();
            }
        });
    }

    loop.run();
    for (std::thread& thread : threads) thread.join();

    CHECK(left == 0);
    CHECK(is_ordered);
}

TEST_CASE("no wake-up is lost in a ping-pong between two loops") {
    const SystemClock clock;
    Loop here(clock);
    Loop there(clock);
    constexpr int kRounds = 2000;
    int rounds = 0;
    struct Game {
        Loop& here;
        Loop& there;
        int& rounds;
        void serve() {
            there.post([this] { here.post([this] { answer(); }); });
        }
        void answer() {
            if (++rounds < kRounds) return serve();
            there.stop();
            here.stop();
        }
    } game{here, there, rounds};
    std::thread thread([&] { there.run(); });

    game.serve();
    here.run();
    thread.join();

    CHECK(rounds == kRounds);
}

TEST_CASE("stop ends a sleeping run, and a run that has not begun") {
    const SystemClock clock;
    Loop loop(clock);
    loop.stop();
    loop.run();

    std::atomic<bool> is_running{false};
    loop.post([&] { is_running = true; });
    std::thread thread([&] {
        while (!is_running) std::this_thread::yield();
        loop.stop();
    });
    loop.run();
    thread.join();
    CHECK(is_running);
}

TEST_CASE("a loop that goes drops tasks and watchers whose captures still use it") {
    ManualClock clock;
    const Pipe pipe;
    const Pipe other;
    struct Guest {
        Loop* loop;
        int fd;
        int* ended;
        ~Guest() {
            loop->unwatch(fd);
            loop->post([] {});
            ++*ended;
        }
    };
    int ended = 0;
    {
        Loop loop(clock);
        const auto watching = std::shared_ptr<Guest>(new Guest{&loop, other.reader(), &ended});
        const auto posted = std::shared_ptr<Guest>(new Guest{&loop, pipe.reader(), &ended});
        REQUIRE(loop.watch(pipe.reader(), EPOLLIN, [watching](std::uint32_t) {}));
        REQUIRE(loop.watch(other.reader(), EPOLLIN, [](std::uint32_t) {}));
        loop.post([posted] {});
    }
    CHECK(ended == 2);
}

}  // namespace herald::base::loop_test
