// server/core/operations.h: operators' operations, many at a time, and what has to be alone.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

namespace herald::server {

/// One per process, for any thread but the shards'. Who wants to be alone waits for no operation
/// that begins later.
class Operations {
public:
    /// Ends what it stands for when it goes; null where that did not begin.
    using Entered = std::unique_ptr<Operations, void (*)(Operations*)>;
    using Alone = Entered;

    /// For an operation; until it goes nobody is alone. Null where somebody else is alone for
    /// longer than `patience`, or said that it takes long.
    [[nodiscard]] Entered enter(std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, patience, [this] { return !is_wanted_ || takes_long_; });
        if (is_wanted_) return {nullptr, leave};
        ++inside_;
        return {this, leave};
    }
    /// As long as it is kept no operation is under way, and none begins. For one thread.
    [[nodiscard]] Alone be_alone() {
        std::unique_lock lock(mutex_);
        is_wanted_ = true;
        changed_.wait(lock, [this] { return inside_ == 0; });
        return {this, let_in};
    }
    /// Said by who is alone: nobody waits for the end of that.
    void take_long() {
        const std::lock_guard lock(mutex_);
        takes_long_ = true;
        changed_.notify_all();
    }

private:
    static void leave(Operations* operations) {
        const std::lock_guard lock(operations->mutex_);
        --operations->inside_;
        operations->changed_.notify_all();
    }
    static void let_in(Operations* operations) {
        const std::lock_guard lock(operations->mutex_);
        operations->is_wanted_ = operations->takes_long_ = false;
        operations->changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t inside_ = 0;
    bool is_wanted_ = false, takes_long_ = false;
};

}  // namespace herald::server
