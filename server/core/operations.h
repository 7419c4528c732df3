// server/core/operations.h: operators' operations, many at a time, and what has to be alone.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace herald::server {

/// One per process, for any thread but the shards'. Who wants to be alone waits for no operation
/// that begins later, and what waited for him is let in before the next one is alone.
class Operations {
public:
    /// Longer than the way of a cell out and back takes, where the store can be read.
    static constexpr auto kPatience = std::chrono::seconds(10);

    /// Ends what it stands for when it goes; null where that did not begin.
    using Entered = std::unique_ptr<Operations, void (*)(Operations*)>;
    using Alone = Entered;

    /// For an operation; until it goes nobody is alone. Null where somebody else is alone for
    /// longer than `patience`, or said that it takes long.
    [[nodiscard]] Entered enter(std::chrono::milliseconds patience = kPatience) {
        std::unique_lock lock(mutex_);
        if (is_wanted_) {
            const auto turn = turn_;
            ++waiting_;
            changed_.wait_for(lock, patience, [&] { return turn_ != turn || takes_long_; });
            // Whoever was alone has counted it as one that is under way.
            if (turn_ != turn) return {this, leave};
            --waiting_;
            return {nullptr, leave};
        }
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
    /// How many operations wait for whoever is alone.
    std::size_t waiting() const {
        const std::lock_guard lock(mutex_);
        return waiting_;
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
        operations->inside_ += std::exchange(operations->waiting_, 0);
        ++operations->turn_;
        operations->changed_.notify_all();
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t inside_ = 0, waiting_ = 0;
    std::uint64_t turn_ = 0;  ///< how often somebody was alone
    bool is_wanted_ = false, takes_long_ = false;
};

}  // namespace herald::server
