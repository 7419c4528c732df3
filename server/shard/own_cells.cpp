// server/shard/own_cells.cpp: the cells of a process, given away and taken back at run time.
#include "server/shard/own_cells.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "base/log.h"
#include "server/publish/publications.h"
#include "server/shard/cell_keeper.h"

namespace herald::server {

namespace {

using std::chrono::steady_clock;

constexpr auto kAgain = std::chrono::seconds(1);

/// Runs `work(shard, answer)` on the shard's thread, and waits for what it is answered.
template <class T, class Work>
T on(Shard& shard, Work work) {
    auto answer = std::make_shared<std::promise<T>>();
    auto answered = answer->get_future();
    shard.loop().post([&shard, answer, work = std::move(work)]() mutable {
        work(shard, [answer](T value) { answer->set_value(std::move(value)); });
    });
    return answered.get();
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
    const std::lock_guard lock(one_at_a_time_);
    if (is_stopping_) return Fault{FaultKind::unavailable, "The server is stopping"};
    const auto began = steady_clock::now();
    const auto has_given = leave(cell);
    const bool is_given = std::count(has_given.begin(), has_given.end(), true) > 0;
    Result<store::CellRowsPtr> rows(Fault{FaultKind::unavailable, ""});
    Status raised;
    while (is_given && !rows && !is_stopping_) {
        raised = raise(cell);
        if (raised) rows = read(cell);
        if (rows) break;
        base::log_warning("cell.unreadable",
                          {{"cell", static_cast<unsigned>(cell)},
                           {"why", raised ? rows.fault().detail : raised.fault().detail}});
        std::this_thread::sleep_for(kAgain);
    }
    if (is_given && !rows) return Fault{FaultKind::unavailable, "The server is stopping"};
    hand_out(cell, rows ? std::move(**rows) : store::CellRows(), has_given);
    const auto took = steady_clock::now() - began;
    base::log_info("cell.given",
                   {{"cell", static_cast<unsigned>(cell)},
                    {"ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
    if (std::count(has_given.begin(), has_given.end(), false) == 0) return {};
    return Fault{FaultKind::conflict, "Changes were under way for too long: it was kept"};
}

void OwnCells::stop() {
    is_stopping_ = true;
    const std::lock_guard lock(one_at_a_time_);
}

std::vector<bool> OwnCells::leave(Cell cell) {
    std::vector<std::future<bool>> answers;
    for (auto* shard : shards_) {
        auto answer = std::make_shared<std::promise<bool>>();
        answers.push_back(answer->get_future());
        shard->loop().post([shard, cell, answer] {
            shard->keeper().leave(cell, [answer](CellKeeper::Left left) {
                answer->set_value(left == CellKeeper::Left::given);
            });
        });
    }
    std::vector<bool> has_given;
    for (auto& answer : answers) has_given.push_back(answer.get());
    return has_given;
}

/// Nothing of it may be read before: its rows are to be continued with numbers above.
Status OwnCells::raise(Cell cell) {
    const auto epoch = epochs_.of(cell) + 1;
    const auto outcome = on<store::Outcome>(*shards_.front(), [&](Shard& shard, auto answer) {
        const auto now = shard.context().wall();
        shard.port().commit(store::PutCell{{cell, epoch, true, now}}, answer);
    });
    auto raised = status_of(outcome);
    if (raised) epochs_.raise(cell, epoch);
    return raised;
}

Result<store::CellRowsPtr> OwnCells::read(Cell cell) {
    return on<Result<store::CellRowsPtr>>(
        *shards_.front(), [cell](Shard& shard, auto answer) { shard.port().load(cell, answer); });
}

void OwnCells::hand_out(Cell cell, store::CellRows rows, const std::vector<bool>& has_given) {
    const auto& key = shards_.front()->context().home.bucket_key;
    auto confirmations = std::move(rows.confirmations);
    auto parts = divided(std::move(rows), shards_.size());
    for (auto& row : confirmations)
        parts[shard_of_aor(key, row.aor, shards_.size())].confirmations.push_back(std::move(row));
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        auto part = std::make_shared<store::CellRows>(std::move(parts[i]));
        shards_[i]->loop().post([shard = shards_[i], cell, part, was_given = has_given[i]] {
            if (was_given) shard->keeper().take(cell);
            if (was_given) shard->load(cell, *part, {});
            shard->keeper().come_back(cell);
        });
    }
}

}  // namespace herald::server
