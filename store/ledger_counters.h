// store/ledger_counters.h: what every ledger counts, and when it stops taking changes.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "store/records.h"

namespace herald::store {

struct LedgerCounters {
    explicit LedgerCounters(base::Metrics& metrics);

    void count(const std::vector<Outcome>& outcomes);
    /// One transaction of `size` changes.
    void count_commit(std::size_t size, std::chrono::steady_clock::duration took);

    base::Counter& commits;
    std::array<base::Counter*, 4> changes;  ///< by Outcome
    std::array<base::Counter*, 4> batches;  ///< by size
    base::Histogram& seconds;
    base::Counter& writable;
};

/// Whether a store takes changes: told to the log and the metrics where it turns.
class Writability {
public:
    /// `place` is what the log calls the store; without secrets.
    Writability(base::Counter& gauge, std::string place);

    void turn(bool is_writable, const std::string& reason);
    explicit operator bool() const noexcept { return is_writable_; }

private:
    base::Counter& gauge_;
    const std::string place_;
    std::atomic<bool> is_writable_{true};
};

}  // namespace herald::store
