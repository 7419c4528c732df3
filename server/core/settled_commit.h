// server/core/settled_commit.h: changes whose outcome the store may not know, and what is decided
// after them.
//
//   committed, refused, unavailable ----------------> done(outcome)
//   unknown --> done(unknown), handed over again ---> done(committed)
//
// The same row once more is never wrong, as long as nothing else is written in its place meanwhile.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>

#include "base/loop.h"
#include "base/task.h"
#include "store/store.h"

namespace herald::server {

/// `done`, if any, runs once; or, where it is not known what became of the change, twice: with
/// unknown, which is what can be told, and with committed, when it can be applied. Between the two
/// nothing may be decided about what it changes.
void commit_until_known(base::Loop& loop, store::Port& port, store::Change change,
                        base::Task<void(store::Outcome)> done);
/// Likewise, where `commit` is how a change gets to the store.
using Commit = base::Task<void(store::Change, base::Task<void(store::Outcome)>)>;
void commit_until_known(base::Loop& loop, Commit commit, store::Change change,
                        base::Task<void(store::Outcome)> done);

/// Changes that are made one after the other. On the loop's thread; outlives its changes.
class ChangesInTurn {
public:
    static constexpr std::size_t kLimit = 1000;

    ChangesInTurn(base::Loop& loop, store::Port& port) noexcept : loop_(loop), port_(port) {}
    ChangesInTurn(const ChangesInTurn&) = delete;
    ChangesInTurn& operator=(const ChangesInTurn&) = delete;

    /// As commit_until_known(), once the changes before are done; unavailable at once where too
    /// many wait.
    void commit(store::Change change, base::Task<void(store::Outcome)> done);

private:
    struct Waiting {
        store::Change change;
        base::Task<void(store::Outcome)> done;
    };
    void start_next();

    base::Loop& loop_;
    store::Port& port_;
    std::deque<Waiting> waiting_;
    bool is_changing_ = false;
};

}  // namespace herald::server
