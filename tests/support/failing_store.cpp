// tests/support/failing_store.cpp: a store that fails its n-th commit, to run a story once per
// commit.
#include "tests/support/failing_store.h"

#include <algorithm>
#include <cassert>
#include <deque>
#include <optional>
#include <utility>

namespace herald::testing {

using store::Change;
using store::Outcome;

namespace {

/// What makes a confirmation void is handed over before the change that does, in the same turn: one
/// batch takes or loses both.
bool goes_with_the_next(const Change& change) {
    const auto* confirmation = std::get_if<store::PutConfirmation>(&change);
    return confirmation != nullptr && confirmation->row.through == 0;
}

}  // namespace

class FailingStore::FailingPort final : public store::Port {
public:
    FailingPort(FailingStore& store, std::unique_ptr<store::Port> port, base::Loop& loop)
        : store_(store), queue_(std::make_shared<Queue>()), port_(std::move(port)), loop_(loop) {}

    void commit(Change change, base::Task<void(Outcome)> done) override {
        const std::uint64_t number = queue_->add(std::move(done));
        if (goes_with_the_next(change) || !store_.is_next_to_fail()) {
            port_->commit(std::move(change), settle(number, std::nullopt));
            return;
        }
        const CommitFailure& failure = store_.failure_;
        if (failure.is_applied) {
            port_->commit(std::move(change), settle(number, failure.outcome));
            return;
        }
        loop_.post([settle = settle(number, std::nullopt), outcome = failure.outcome]() mutable {
            settle(outcome);
        });
    }

    void load(std::uint64_t message, base::Task<void(Result<store::Message>)> done) override {
        port_->load(message, std::move(done));
    }

    void load(store::Cell cell, base::Task<void(Result<store::CellRowsPtr>)> done) override {
        port_->load(cell, std::move(done));
    }

    bool is_full() const noexcept override { return store_.is_full_ || port_->is_full(); }
    bool is_full_for_refreshes() const noexcept override {
        return store_.is_full_ || port_->is_full_for_refreshes();
    }
    std::size_t waiting() const noexcept override { return queue_->waiting.size(); }
    std::size_t waiting(store::Cell) const noexcept override { return waiting(); }

private:
    /// Outcomes in the order of commit, though failures are known before what went below.
    struct Queue {
        struct Waiting {
            base::Task<void(Outcome)> done;
            std::optional<Outcome> outcome;
        };
        std::deque<Waiting> waiting;
        std::uint64_t first = 0;  ///< number of the front

        std::uint64_t add(base::Task<void(Outcome)> done) {
            waiting.push_back({std::move(done), std::nullopt});
            return first + waiting.size() - 1;
        }
        void settle(std::uint64_t number, Outcome outcome) {
            waiting[number - first].outcome = outcome;
            while (!waiting.empty() && waiting.front().outcome) {
                Waiting next = std::move(waiting.front());
                waiting.pop_front();
                ++first;
                if (next.done) next.done(*next.outcome);
            }
        }
    };

    /// Takes the outcome of commit `number`, or puts `instead` in its place.
    base::Task<void(Outcome)> settle(std::uint64_t number, std::optional<Outcome> instead) {
        return [weak = std::weak_ptr<Queue>(queue_), number, instead](Outcome outcome) {
            if (const auto queue = weak.lock()) queue->settle(number, instead.value_or(outcome));
        };
    }

    FailingStore& store_;
    std::shared_ptr<Queue> queue_;
    std::unique_ptr<store::Port> port_;
    base::Loop& loop_;
};

FailingStore::FailingStore(std::unique_ptr<store::Store> store) : store_(std::move(store)) {}

FailingStore::~FailingStore() = default;

void FailingStore::fail(const CommitFailure& failure) {
    assert(!failure.is_applied || failure.outcome == Outcome::unknown);
    failure_ = failure;
}

bool FailingStore::is_next_to_fail() {
    ++commits_;
    if (failure_.first == 0 || commits_ < failure_.first) return false;
    return commits_ <= std::max(failure_.first, failure_.last);
}

std::unique_ptr<store::Port> FailingStore::attach(base::Loop& loop) {
    return std::make_unique<FailingPort>(*this, store_->attach(loop), loop);
}

}  // namespace herald::testing
