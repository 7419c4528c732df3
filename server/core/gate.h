// server/core/gate.h: one durable change at a time for each key; other work waits in order of
// arrival (docs/architecture.md: What a 200 means).
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

#include "base/task.h"

namespace herald::server {

/// Work waiting for the change under way on a key. Bounded: a full queue refuses.
class Gate {
public:
    static constexpr std::size_t kLimit = 64;

    /// False if too much waits already; `work` is left as it was then.
    bool wait(std::uint64_t key, base::Task<void()>&& work) {
        auto& queue = waiting_[key];
        if (queue.size() >= kLimit) return false;
        queue.push_back(std::move(work));
        return true;
    }

    bool has(std::uint64_t key) const { return !waiting_.empty() && waiting_.count(key) > 0; }

    /// Runs the work that waits for `key`, in order, until is_busy() says that a change has begun
    /// again.
    template <class IsBusy>
    void open(std::uint64_t key, IsBusy&& is_busy) {
        if (waiting_.empty()) return;
        while (!is_busy()) {
            const auto found = waiting_.find(key);
            if (found == waiting_.end()) return;
            auto work = std::move(found->second.front());
            found->second.pop_front();
            if (found->second.empty()) waiting_.erase(found);
            work();
        }
    }

private:
    std::unordered_map<std::uint64_t, std::deque<base::Task<void()>>> waiting_;
};

}  // namespace herald::server
