// base/loop.h: one thread's event loop: epoll, timers, posted tasks, end-of-turn hooks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "base/timers.h"

namespace herald::base {

/// A turn: wait for input (not at all while posted tasks wait), call the watchers of ready descriptors, fire timers,
/// run posted tasks, run the end-of-turn hooks. All but post(), stop() belong to the loop's own thread.
class Loop {
public:
    /// Gets the epoll events that are ready.
    using Watcher = Task<void(std::uint32_t events)>;

    explicit Loop(const Clock& clock);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Calls `watcher` whenever `fd` is ready for one of `events` (level-triggered). Faults: io.
    Status watch(int fd, std::uint32_t events, Watcher watcher);
    void rewatch(int fd, std::uint32_t events);
    /// Safe inside any callback, its own included. Call before closing `fd`.
    void unwatch(int fd);

    /// Runs `task` on the loop's thread in a coming turn. Any thread; wakes the loop if it sleeps.
    void post(Task<void()> task);
    /// Called at the end of every turn, in order of registration.
    void at_end_of_turn(Task<void()> hook);

    Timers& timers() noexcept { return timers_; }
    const Clock& clock() const noexcept { return clock_; }
    /// The time read once at the start of this turn.
    Instant now() const noexcept { return now_; }

    /// Turns until stop().
    void run();
    void stop();
    /// One turn; waits at most `patience`. Returns whether anything was done.
    bool turn(Duration patience);

private:
    struct Watch;

    int wait_for(Duration patience) const;
    bool run_posted();
    void dispatch(int ready);
    void wake();

    const Clock& clock_;
    Instant now_;
    Timers timers_;
    int epoll_ = -1;
    int wake_ = -1;
    std::vector<std::unique_ptr<Watch>> watches_;  ///< by descriptor
    std::vector<std::unique_ptr<Watch>> retired_;  ///< unwatched in this turn
    std::vector<unsigned char> events_;            ///< room for epoll_event
    std::vector<Task<void()>> hooks_;
    std::mutex mutex_;
    std::vector<Task<void()>> posted_;
    std::vector<Task<void()>> running_;
    std::atomic<bool> asleep_{false};
    std::atomic<bool> stopping_{false};
};

}  // namespace herald::base
