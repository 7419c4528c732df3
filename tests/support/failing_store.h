// tests/support/failing_store.h: a store that fails its n-th commit, to run a story once per
// commit.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "store/starts.h"
#include "store/store.h"

namespace herald::testing {

/// Which commits fail, counted over all ports from 1, and how.
struct CommitFailure {
    std::uint64_t first = 0;  ///< 0: none
    std::uint64_t last = 0;   ///< 0: only `first`; UINT64_MAX: all from `first` on
    store::Outcome outcome = store::Outcome::unavailable;
    /// Whether the change is applied all the same: only an unknown outcome may be.
    bool is_applied = false;
};

/// Wraps a store; commits that fail never reach it, unless they are applied first. Outcomes still
/// come in the order of commit. Used on one thread.
class FailingStore final : public store::Store, public store::KnowsStarts {
public:
    explicit FailingStore(std::unique_ptr<store::Store> store);
    ~FailingStore() override;

    /// Replaces the failure set before; the count goes on.
    void fail(const CommitFailure& failure);
    /// As a failing disk would say. Default: what the store below says.
    void pretend_unwritable(bool is_unwritable) { is_unwritable_ = is_unwritable; }
    /// As a full queue would say.
    void pretend_full(bool is_full) { is_full_ = is_full; }
    /// Commits so far, failed ones included.
    std::uint64_t commits() const noexcept { return commits_; }

    const store::Home& home() const noexcept override { return store_->home(); }
    store::Starts starts() const noexcept override { return store::starts_of(*store_); }
    Status recover(store::RecoverySink& sink) override { return store_->recover(sink); }
    std::vector<store::Token> tokens() const override { return store_->tokens(); }
    std::unique_ptr<store::Port> attach(base::Loop& loop) override;
    bool is_writable() const noexcept override { return !is_unwritable_ && store_->is_writable(); }
    Status close() override { return store_->close(); }

private:
    class FailingPort;

    /// Counts one commit; whether it fails.
    bool is_next_to_fail();

    std::unique_ptr<store::Store> store_;
    CommitFailure failure_;
    std::uint64_t commits_ = 0;
    bool is_unwritable_ = false;
    bool is_full_ = false;
};

}  // namespace herald::testing
