// tests/unit/sip/backlog_test.cpp: bursts and standing queues.
#include "sip/backlog.h"

#include <chrono>

#include <doctest/doctest.h>

namespace herald::sip::backlog_test {

using std::chrono::milliseconds;

namespace {

struct Queue {
    /// A look at the queue `ms` after the one before.
    Load look(unsigned thousandths, int ms = 5) {
        now += milliseconds(ms);
        backlog.standing(thousandths, now);
        return backlog.load();
    }

    base::Instant now{};
    Backlog backlog;
};

}  // namespace

TEST_CASE("a burst that is read within 20 ms is no load, however often it comes") {
    Queue queue;
    for (int burst = 0; burst < 100; ++burst) {
        for (int i = 0; i < 4; ++i) CHECK(queue.look(Backlog::kExtreme - 1) == Load::normal);
        queue.backlog.empty();
        CHECK(queue.backlog.load() == Load::normal);
    }
}

TEST_CASE("a queue that stands half full is high load until it is read down or empty") {
    Queue queue;
    CHECK(queue.look(Backlog::kHigh) == Load::normal);
    CHECK(queue.look(Backlog::kHigh, 20) == Load::high);
    CHECK(queue.look(Backlog::kHighEnds) == Load::high);
    CHECK(queue.look(Backlog::kHighEnds - 1) == Load::normal);
    // It never was empty: it need not prove again that it stands.
    CHECK(queue.look(Backlog::kHigh - 1) == Load::normal);
    CHECK(queue.look(Backlog::kHigh) == Load::high);

    queue.backlog.empty();
    CHECK(queue.backlog.load() == Load::normal);
    CHECK(queue.look(Backlog::kHigh) == Load::normal);
}

TEST_CASE("a long queue that is far from full is no load") {
    Queue queue;
    for (int i = 0; i < 1000; ++i) CHECK(queue.look(Backlog::kHigh - 1) == Load::normal);
}

TEST_CASE("a nearly full buffer is extreme load at once, and stays so until there is some room") {
    Queue queue;
    CHECK(queue.look(Backlog::kExtreme) == Load::extreme);
    CHECK(queue.look(Backlog::kExtremeEnds) == Load::extreme);
    CHECK(queue.look(Backlog::kExtremeEnds - 1) == Load::high);
    CHECK(queue.look(Backlog::kHighEnds - 1) == Load::normal);
}

TEST_CASE("answers to our own requests are no load until they fill the buffer") {
    Queue queue;
    for (int i = 0; i < 100; ++i) {
        queue.backlog.read(1, 31);
        CHECK(queue.look(Backlog::kFull - 1) == Load::normal);
    }
    CHECK(queue.look(Backlog::kFull) == Load::high);
    CHECK(queue.look(Backlog::kFull - 1) == Load::normal);
}

TEST_CASE("requests among answers are load as far as they fill the buffer") {
    Queue queue;
    queue.backlog.read(24, 8);
    CHECK(queue.look(600) == Load::normal);
    CHECK(queue.look(600, 20) == Load::normal);
    CHECK(queue.look(680, 20) == Load::high);
    // Of late there are answers only.
    for (int i = 0; i < 1000; ++i) queue.backlog.read(0, 32);
    CHECK(queue.look(680) == Load::normal);
    queue.backlog.empty();
    queue.backlog.read(32, 0);
    CHECK(queue.look(500, 20) == Load::normal);
    CHECK(queue.look(500, 20) == Load::high);
}

}  // namespace herald::sip::backlog_test
