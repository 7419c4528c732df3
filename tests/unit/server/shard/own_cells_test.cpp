// tests/unit/server/shard/own_cells_test.cpp: a cell is given while the store cannot be read.
#include "server/shard/own_cells.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <doctest/doctest.h>

#include "tests/unit/server/stored_shard.h"

namespace herald::server::own_cells_test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

/// As the one in it, but that cells cannot be read for a while.
class HalfStore final : public store::Store {
public:
    std::atomic<bool> is_readable{false};

    explicit HalfStore(std::unique_ptr<store::Store> whole) : whole_(std::move(whole)) {}

    const store::Home& home() const noexcept override { return whole_->home(); }
    Status recover(store::RecoverySink& sink) override { return whole_->recover(sink); }
    std::vector<store::Token> tokens() const override { return whole_->tokens(); }
    std::unique_ptr<store::Port> attach(base::Loop& loop) override {
        return std::make_unique<HalfPort>(*this, whole_->attach(loop));
    }
    bool is_writable() const noexcept override { return whole_->is_writable(); }
    Status close() override { return whole_->close(); }

private:
    class HalfPort final : public store::Port {
    public:
        HalfPort(HalfStore& store, std::unique_ptr<store::Port> whole)
            : store_(store), whole_(std::move(whole)) {}

        void commit(store::Change change, base::Task<void(store::Outcome)> done) override {
            whole_->commit(std::move(change), std::move(done));
        }
        void load(std::uint64_t message, base::Task<void(Result<store::Message>)> done) override {
            whole_->load(message, std::move(done));
        }
        void load(store::Cell cell, base::Task<void(Result<store::CellRowsPtr>)> done) override {
            if (store_.is_readable) return whole_->load(cell, std::move(done));
            done(Fault{FaultKind::io, "not now"});
        }
        bool is_full() const noexcept override { return whole_->is_full(); }
        bool is_full_for_refreshes() const noexcept override {
            return whole_->is_full_for_refreshes();
        }
        std::size_t waiting() const noexcept override { return whole_->waiting(); }
        std::size_t waiting(store::Cell cell) const noexcept override {
            return whole_->waiting(cell);
        }

    private:
        HalfStore& store_;
        std::unique_ptr<store::Port> whole_;
    };

    std::unique_ptr<store::Store> whole_;
};

/// A shard whose loop turns on a thread of its own, and whose clock goes on with it.
struct Turning {
    base::ManualClock clock;
    base::Metrics metrics;
    base::Loop loop{clock};
    test::FakeTransport transport{clock};
    Config config = parse_config("").config;
    Domains domains{{"localhost"}, {transport.listeners().begin(), transport.listeners().end()}};
    HalfStore store{testing::open_store(metrics, clock)};
    std::atomic<std::uint64_t> ids{store.home().next_id};
    Limits limits{config};
    CellEpochs epochs{store.home().epoch};
    Shard shard{loop, transport, metrics,
                ShardSetup{config, domains, store, ids, limits, 0, 1, nullptr, nullptr, nullptr,
                           nullptr, &epochs},
                nullptr};
    Operations operations;
    OwnCells cells{{&shard}, epochs, operations};
    std::atomic<bool> is_ending{false};
    std::thread turns;

    Turning() {
        transport.attach(shard.stack());
        shard.rows().resume({});
        turns = std::thread([this] {
            while (!is_ending) {
                clock.advance(milliseconds(1));
                loop.turn(base::Duration::zero());
            }
        });
    }
    ~Turning() {
        cells.stop();
        is_ending = true;
        turns.join();
    }
    /// Until somebody who wants to do something else is turned away at once.
    void wait_for_refusal() {
        while (operations.enter(milliseconds(0))) {
        }
        CHECK_FALSE(operations.enter(hours(1)));
    }
};

constexpr auto kCell = static_cast<Cell>(9);

}  // namespace

TEST_CASE("a cell comes back once the store can be read again, and nobody waits for that") {
    Turning server;
    const auto before = server.epochs.of(kCell);
    std::optional<Status> given;
    std::thread order([&] { given = server.cells.give(kCell); });
    server.wait_for_refusal();

    server.store.is_readable = true;
    order.join();

    REQUIRE(given);
    CHECK(given->has_value());
    CHECK(server.epochs.of(kCell) > before);
    CHECK(server.operations.enter(hours(1)));
}

TEST_CASE("a server that stops does not wait for a store that cannot be read") {
    Turning server;
    std::optional<Status> given;
    std::thread order([&] { given = server.cells.give(kCell); });
    server.wait_for_refusal();

    server.cells.stop();
    order.join();

    REQUIRE(given);
    CHECK(given->fault().kind == FaultKind::unavailable);
    CHECK(server.cells.give(kCell).fault().kind == FaultKind::unavailable);
}

TEST_CASE("cells are given one after the other") {
    Turning server;
    server.store.is_readable = true;
    std::vector<std::thread> operators;
    std::atomic<int> given{0};
    for (int n = 0; n < 4; ++n) {
        operators.emplace_back([&server, &given, n] {
            if (server.cells.give(static_cast<Cell>(n))) ++given;
        });
    }
    for (auto& each : operators) each.join();
    CHECK(given == 4);
}

}  // namespace herald::server::own_cells_test
