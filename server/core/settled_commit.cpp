// server/core/settled_commit.cpp: changes whose outcome the store may not know, and what is decided
// after them.
#include "server/core/settled_commit.h"

#include <chrono>
#include <memory>

namespace herald::server {

namespace {

using store::Outcome;

constexpr auto kRetry = std::chrono::seconds(2);

/// A change on its way.
struct Attempt {
    base::Loop& loop;
    Commit commit;
    store::Change change;
    base::Task<void(Outcome)> done;
    bool was_unknown = false;
};
using AttemptPtr = std::shared_ptr<Attempt>;

void hand_over(const AttemptPtr& attempt);

void tell(Attempt& attempt, Outcome outcome) {
    if (attempt.done) attempt.done(outcome);
}

void settle(const AttemptPtr& attempt, Outcome outcome) {
    if (outcome != Outcome::unknown && !attempt->was_unknown) return tell(*attempt, outcome);
    // What refuses a change that was decided from the truth is itself, made before.
    if (outcome == Outcome::committed || outcome == Outcome::refused)
        return tell(*attempt, Outcome::committed);
    if (!std::exchange(attempt->was_unknown, true)) tell(*attempt, Outcome::unknown);
    attempt->loop.timers().arm(attempt->loop.now() + kRetry, [attempt] { hand_over(attempt); });
}

void hand_over(const AttemptPtr& attempt) {
    attempt->commit(attempt->change, [attempt](Outcome outcome) { settle(attempt, outcome); });
}

}  // namespace

void commit_until_known(base::Loop& loop, store::Port& port, store::Change change,
                        base::Task<void(Outcome)> done) {
    const auto commit = [&port](store::Change again, base::Task<void(Outcome)> settled) {
        port.commit(std::move(again), std::move(settled));
    };
    commit_until_known(loop, commit, std::move(change), std::move(done));
}

void commit_until_known(base::Loop& loop, Commit commit, store::Change change,
                        base::Task<void(Outcome)> done) {
    hand_over(std::make_shared<Attempt>(
        Attempt{loop, std::move(commit), std::move(change), std::move(done)}));
}

void ChangesInTurn::commit(store::Change change, base::Task<void(Outcome)> done) {
    if (waiting_.size() >= kLimit) return done(Outcome::unavailable);
    waiting_.push_back({std::move(change), std::move(done)});
    if (!is_changing_) start_next();
}

void ChangesInTurn::start_next() {
    if (waiting_.empty()) return;
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    is_changing_ = true;
    commit_until_known(loop_, port_, std::move(next.change),
                       [this, done = std::move(next.done)](Outcome outcome) mutable {
                           if (outcome == Outcome::unknown) return done(outcome);
                           is_changing_ = false;
                           done(outcome);
                           if (!is_changing_) start_next();
                       });
}

}  // namespace herald::server
