// tests/unit/store/lane_test.cpp: group commit, with and without a thread.
#include "store/lane.h"

#include <atomic>
#include <thread>

#include "tests/unit/store/support.h"

namespace herald::store::lane_test {
namespace {

using namespace testing;

/// Remembers what it was given; commits when let.
class SlowLedger final : public Ledger {
public:
    const Home& home() const noexcept override { return home_; }
    Status recover(RecoverySink&) override { return {}; }
    Result<std::vector<Token>> tokens() override { return std::vector<Token>(); }
    std::vector<Outcome> commit(std::span<const Change* const> batch) override {
        entered_.fetch_add(1);
        entered_.notify_all();
        gate_.wait(false);
        const std::lock_guard lock(mutex_);
        sizes_.push_back(batch.size());
        std::vector<Outcome> outcomes;
        for (const Change* change : batch) {
            const std::uint64_t id = std::get<RemovePublication>(*change).id;
            ids_.push_back(id);
            outcomes.push_back(id % 2 == 0 ? Outcome::committed : Outcome::refused);
        }
        return outcomes;
    }
    Result<Message> message(std::uint64_t id) override {
        const std::lock_guard lock(mutex_);
        if (id % 2 != 0) return Fault{FaultKind::not_found, "odd"};
        Message row;
        row.id = id;
        row.size = ids_.size();
        return row;
    }
    Result<CellRowsPtr> cell(Cell) override { return Fault{FaultKind::io, "no cells here"}; }
    bool is_writable() const noexcept override { return true; }
    void tick() override {
        ++ticks_;
        ticks_.notify_all();
    }
    std::chrono::microseconds pace() const noexcept override { return 700us; }
    Status adopt(const Home&) override { return {}; }
    Status close() override { return {}; }

    void open_gate() {
        gate_ = true;
        gate_.notify_all();
    }
    void close_gate() { gate_ = false; }
    void await_commit(int number) {
        for (int n = entered_; n < number; n = entered_) entered_.wait(n);
    }
    void await_tick() { ticks_.wait(0); }
    int ticks() const { return ticks_; }
    std::vector<std::size_t> sizes() {
        const std::lock_guard lock(mutex_);
        return sizes_;
    }
    std::vector<std::uint64_t> ids() {
        const std::lock_guard lock(mutex_);
        return ids_;
    }

private:
    const Home home_{};
    std::atomic<bool> gate_{true};
    std::atomic<int> entered_{0};
    std::atomic<int> ticks_{0};
    std::mutex mutex_;
    std::vector<std::size_t> sizes_;
    std::vector<std::uint64_t> ids_;
};

struct Rig {
    explicit Rig(StoreOptions options) : lane(ledger, options, metrics), loop(clock) {}

    void commit(Port& port, std::uint64_t first, std::uint64_t count) {
        for (std::uint64_t id = first; id < first + count; ++id) {
            port.commit(RemovePublication{.id = id}, [this, id](Outcome outcome) {
                done.push_back(id);
                CHECK(outcome == (id % 2 == 0 ? Outcome::committed : Outcome::refused));
            });
        }
    }
    void turn_until_done(std::size_t count) {
        for (int turns = 0; done.size() < count && turns < 1000; ++turns) loop.turn(10ms);
        REQUIRE(done.size() == count);
    }

    base::ManualClock clock;
    base::Metrics metrics;
    SlowLedger ledger;
    Lane lane;
    base::Loop loop;
    std::vector<std::uint64_t> done;
};

std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t count) {
    std::vector<std::uint64_t> all;
    for (std::uint64_t n = first; n < first + count; ++n) all.push_back(n);
    return all;
}

TEST_CASE("inline: a turn's changes are one batch, done in the next turn") {
    Rig rig({.is_inline = true});
    const auto port = rig.lane.attach(rig.loop);
    rig.commit(*port, 1, 3);
    CHECK(port->waiting() == 3);
    CHECK(rig.ledger.sizes().empty());

    rig.loop.turn(0ms);
    CHECK(rig.ledger.sizes() == std::vector<std::size_t>{3});
    CHECK(rig.done.empty());

    rig.loop.turn(0ms);
    CHECK(rig.done == numbers(1, 3));
    CHECK(port->waiting() == 0);
}

TEST_CASE("draining commits batch after batch until nothing waits") {
    Rig rig({.batch_limit = 1});
    const auto port = rig.lane.attach(rig.loop);
    rig.commit(*port, 1, 200);
    rig.loop.turn(0ms);
    rig.lane.drain();
    CHECK(rig.ledger.ids() == numbers(1, 200));
}

TEST_CASE("what a port that went away left undone fills nobody's queue") {
    Rig rig({.queue_limit = 3, .is_inline = true});
    base::Loop other(rig.clock);
    const auto stays = rig.lane.attach(other);
    auto goes = rig.lane.attach(rig.loop);
    rig.commit(*goes, 1, 3);
    CHECK(stays->is_full());

    goes.reset();

    CHECK_FALSE(stays->is_full());
    CHECK(rig.ledger.ids() == numbers(1, 3));
    CHECK(rig.done.empty());
}

TEST_CASE("inline: more than the batch limit becomes several commits") {
    Rig rig({.batch_limit = 4, .is_inline = true});
    const auto port = rig.lane.attach(rig.loop);
    rig.commit(*port, 1, 10);

    rig.turn_until_done(10);

    CHECK(rig.ledger.sizes() == std::vector<std::size_t>{4, 4, 2});
    CHECK(rig.done == numbers(1, 10));
}

TEST_CASE("a busy lane takes all that came during its commit, an idle one waits for nothing") {
    Rig rig({});
    const auto port = rig.lane.attach(rig.loop);
    rig.ledger.close_gate();
    rig.commit(*port, 1, 1);
    rig.loop.turn(0ms);
    rig.ledger.await_commit(1);
    rig.commit(*port, 2, 3);
    rig.loop.turn(0ms);
    rig.commit(*port, 5, 2);
    rig.loop.turn(0ms);
    CHECK(port->waiting() == 6);

    rig.ledger.open_gate();
    rig.turn_until_done(6);

    CHECK(rig.ledger.sizes() == std::vector<std::size_t>{1, 5});
    CHECK(rig.done == numbers(1, 6));
}

TEST_CASE("a full queue refuses new work first, refreshes last") {
    Rig rig({.queue_limit = 3, .refresh_queue_limit = 5});
    const auto port = rig.lane.attach(rig.loop);
    rig.ledger.close_gate();
    rig.commit(*port, 1, 2);
    CHECK_FALSE(port->is_full());
    rig.commit(*port, 3, 1);
    CHECK(port->is_full());
    CHECK_FALSE(port->is_full_for_refreshes());
    rig.loop.turn(0ms);
    rig.commit(*port, 4, 2);
    CHECK(port->is_full_for_refreshes());

    rig.ledger.open_gate();
    rig.turn_until_done(5);

    CHECK_FALSE(port->is_full());
}

TEST_CASE("the queue is one for all ports") {
    Rig rig({.queue_limit = 2, .is_inline = true});
    base::Loop other(rig.clock);
    const auto a = rig.lane.attach(rig.loop);
    const auto b = rig.lane.attach(other);
    rig.commit(*a, 1, 2);

    CHECK(b->is_full());
    CHECK(b->waiting() == 0);
    rig.turn_until_done(2);
    CHECK_FALSE(b->is_full());
}

TEST_CASE("a done callback may commit again") {
    Rig rig({.is_inline = true});
    const auto port = rig.lane.attach(rig.loop);
    port->commit(RemovePublication{.id = 2}, [&](Outcome) { rig.commit(*port, 4, 1); });

    rig.turn_until_done(1);

    CHECK(rig.ledger.ids() == std::vector<std::uint64_t>{2, 4});
}

TEST_CASE("a change nobody waits for needs no callback") {
    Rig rig({.is_inline = true});
    const auto port = rig.lane.attach(rig.loop);
    port->commit(RemovePublication{.id = 2}, nullptr);
    rig.commit(*port, 4, 1);

    rig.turn_until_done(1);

    CHECK(rig.ledger.ids() == std::vector<std::uint64_t>{2, 4});
    CHECK(port->waiting() == 0);
}

TEST_CASE("a port may go while its changes are being committed: they are, and nobody is called") {
    Rig rig({});
    auto port = rig.lane.attach(rig.loop);
    rig.ledger.close_gate();
    rig.commit(*port, 1, 2);
    rig.loop.turn(0ms);
    rig.ledger.await_commit(1);
    rig.commit(*port, 3, 1);

    port.reset();
    rig.ledger.open_gate();
    rig.lane.drain();
    rig.loop.turn(0ms);

    CHECK(rig.ledger.ids() == numbers(1, 3));
    CHECK(rig.done.empty());
}

TEST_CASE("draining commits what was collected and never handed over") {
    for (const bool is_inline : {false, true}) {
        Rig rig({.is_inline = is_inline});
        const auto port = rig.lane.attach(rig.loop);
        rig.commit(*port, 1, 3);

        rig.lane.drain();

        CHECK(rig.ledger.ids() == numbers(1, 3));
    }
}

TEST_CASE("a ledger ticks from the first turn of a loop on, whether anything changes or not") {
    Rig rig({});
    const auto port = rig.lane.attach(rig.loop);
    CHECK(rig.ledger.ticks() == 0);

    rig.loop.turn(0ms);

    rig.ledger.await_tick();
    CHECK(rig.ledger.sizes().empty());
}

TEST_CASE("loops on several threads share the lane, each in its own order") {
    constexpr std::uint64_t kEach = 5'000;
    Rig rig({.queue_limit = 100'000, .refresh_queue_limit = 100'000});
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 3; ++t) {
        threads.emplace_back([&rig, t] {
            base::Loop loop(rig.clock);
            const auto port = rig.lane.attach(loop);
            std::uint64_t next = t * kEach;
            std::uint64_t expected = next;
            bool is_ordered = true;
            while (expected < (t + 1) * kEach) {
                for (int i = 0; i < 17 && next < (t + 1) * kEach; ++i, ++next) {
                    port->commit(RemovePublication{.id = next}, [&, id = next](Outcome outcome) {
                        is_ordered &= id == expected++;
                        is_ordered &= (outcome == Outcome::committed) == (id % 2 == 0);
                    });
                }
                loop.turn(10ms);
            }
            CHECK(is_ordered);
        });
    }
    for (std::thread& thread : threads) thread.join();

    CHECK(rig.ledger.ids().size() == 3 * kEach);
}

}  // namespace
}  // namespace herald::store::lane_test
