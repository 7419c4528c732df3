// server/shard/own_cells.cpp: the cells of a process, given away and taken back at run time.
#include "server/shard/own_cells.h"

#include <algorithm>
#include <string>

#include <pthread.h>

#include "base/log.h"
#include "server/publish/publications.h"
#include "server/shard/cell_keeper.h"

namespace herald::server {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto kAgain = std::chrono::seconds(1);
/// Between two looks whether the server stops.
constexpr auto kLook = milliseconds(100);
/// What a stop waits for a store that does not answer.
constexpr auto kLastPatience = std::chrono::seconds(3);
constexpr std::size_t kMostOrders = 64;

Fault is_stopping_fault() {
    return {FaultKind::unavailable, "The server is stopping"};
}

/// A shard's part of what is kept of a cell.
std::vector<store::CellRows> divided(store::CellRows rows, std::size_t shards) {
    std::vector<store::CellRows> parts(shards);
    const auto part_of = [&](std::uint64_t row) -> store::CellRows& {
        return parts[shard_of_bucket(store::bucket_of_row(row), shards)];
    };
    for (auto& row : rows.publications) part_of(row.id).publications.push_back(std::move(row));
    for (auto& row : rows.subscriptions) part_of(row.id).subscriptions.push_back(std::move(row));
    for (auto& row : rows.messages) part_of(row.id).messages.push_back(std::move(row));
    return parts;
}

}  // namespace

Status OwnCells::give(Cell cell) {
    std::unique_lock lock(mutex_);
    if (is_stopping_) return is_stopping_fault();
    if (orders_.size() >= kMostOrders)
        return Fault{FaultKind::limit_reached, "Too many cells are to be given"};
    const auto order = std::make_shared<Order>(Order{cell});
    orders_.push_back(order);
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    changed_.notify_all();
    changed_.wait_for(lock, kPatience, [&] { return order->outcome || is_stopping_; });
    if (order->outcome) return *order->outcome;
    if (is_stopping_) return is_stopping_fault();
    return Fault{FaultKind::timeout, "It takes longer, and goes on"};
}

void OwnCells::stop() {
    {
        const std::lock_guard lock(mutex_);
        if (!is_stopping_) deadline_ = steady_clock::now() + kLastPatience;
        is_stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void OwnCells::run() {
    pthread_setname_np(pthread_self(), "cells");
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return is_stopping_ || !orders_.empty(); });
        if (is_stopping_) return;
        const auto order = std::move(orders_.front());
        orders_.pop_front();
        lock.unlock();
        auto outcome = carry_out(order->cell);
        lock.lock();
        order->outcome = std::move(outcome);
        changed_.notify_all();
    }
}

Status OwnCells::carry_out(Cell cell) {
    const auto alone = operations_.be_alone();
    const auto began = steady_clock::now();
    const auto has_given = leave(cell);
    const auto given = std::count(has_given.begin(), has_given.end(), true);
    auto rows = given > 0 ? take(cell) : std::make_unique<store::CellRows>();
    if (!rows) return rows.fault();
    hand_out(cell, std::move(**rows), has_given);
    const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - began);
    base::log_info("cell.given", {{"cell", static_cast<unsigned>(cell)}, {"ms", took.count()}});
    if (static_cast<std::size_t>(given) == shards_.size()) return {};
    return Fault{FaultKind::conflict, "Changes were under way for too long: it was kept"};
}

/// Runs `work(shard, answer)` on the thread of each shard, and waits for what they are answered;
/// nothing where the server stops and that takes too long.
template <class T, class Work>
std::vector<std::optional<T>> OwnCells::ask(const std::vector<Shard*>& shards, Work work) {
    struct Answers {
        std::vector<std::optional<T>> values;
        std::size_t left;
    };
    const auto all = std::make_shared<Answers>(
        Answers{std::vector<std::optional<T>>(shards.size()), shards.size()});
    for (std::size_t i = 0; i < shards.size(); ++i) {
        shards[i]->loop().post([this, all, i, work, shard = shards[i]]() mutable {
            work(*shard, [this, all, i](T value) {
                const std::lock_guard lock(mutex_);
                all->values[i] = std::move(value);
                --all->left;
                changed_.notify_all();
            });
        });
    }
    std::unique_lock lock(mutex_);
    while (all->left > 0 && (!is_stopping_ || steady_clock::now() < deadline_))
        changed_.wait_for(lock, kLook);
    std::vector<std::optional<T>> values;
    for (auto& value : all->values) values.push_back(std::move(value));
    return values;
}

template <class T, class Work>
std::optional<T> OwnCells::ask_first(Work work) {
    return std::move(ask<T>({shards_.front()}, std::move(work)).front());
}

bool OwnCells::pause(milliseconds time) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, time, [this] { return is_stopping_; });
}

std::vector<bool> OwnCells::leave(Cell cell) {
    const auto left = ask<CellKeeper::Left>(
        shards_, [cell](Shard& shard, auto answer) { shard.keeper().leave(cell, answer); });
    std::vector<bool> has_given;
    for (const auto& each : left) has_given.push_back(each == CellKeeper::Left::given);
    return has_given;
}

/// Until the store can be read.
Result<store::CellRowsPtr> OwnCells::take(Cell cell) {
    for (;;) {
        auto raised = raise(cell);
        auto rows = raised ? read(cell) : Result<store::CellRowsPtr>(raised.fault());
        if (rows) return rows;
        operations_.take_long();
        base::log_warning("cell.unreadable",
                          {{"cell", static_cast<unsigned>(cell)}, {"why", rows.fault().detail}});
        if (!pause(kAgain)) return is_stopping_fault();
    }
}

/// Nothing of it may be read before: its rows are to be continued with numbers above.
Status OwnCells::raise(Cell cell) {
    const auto epoch = epochs_.of(cell) + 1;
    const auto outcome = ask_first<store::Outcome>([cell, epoch](Shard& shard, auto answer) {
        const auto now = shard.context().wall();
        shard.port().commit(store::PutCell{{cell, epoch, true, now}}, answer);
    });
    if (!outcome) return is_stopping_fault();
    auto raised = status_of(*outcome);
    if (raised) epochs_.raise(cell, epoch);
    return raised;
}

Result<store::CellRowsPtr> OwnCells::read(Cell cell) {
    using Rows = Result<store::CellRowsPtr>;
    auto rows =
        ask_first<Rows>([cell](Shard& shard, auto answer) { shard.port().load(cell, answer); });
    return rows ? *std::move(rows) : Rows(is_stopping_fault());
}

void OwnCells::hand_out(Cell cell, store::CellRows rows, const std::vector<bool>& has_given) {
    const auto& key = shards_.front()->context().home.bucket_key;
    auto confirmations = std::move(rows.confirmations);
    auto parts = divided(std::move(rows), shards_.size());
    for (auto& row : confirmations)
        parts[shard_of_aor(key, row.aor, shards_.size())].confirmations.push_back(std::move(row));
    const auto shared = std::make_shared<std::vector<store::CellRows>>(std::move(parts));
    ask<bool>(shards_, [cell, shared, has_given](Shard& shard, auto answer) {
        const auto index = shard.context().shard;
        auto done = [answer]() mutable { answer(true); };
        if (has_given[index]) {
            auto part = std::make_unique<store::CellRows>(std::move((*shared)[index]));
            return shard.keeper().load(cell, std::move(part), {}, std::move(done));
        }
        shard.keeper().come_back(cell);
        done();
    });
}

}  // namespace herald::server
