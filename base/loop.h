// base/loop.h: one thread's event loop: epoll, timers, posted tasks, end-of-turn hooks.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "base/timers.h"

namespace herald::base {

/// A turn: wait for input (not at all while posted tasks wait), call the watchers of ready
/// descriptors, fire timers, run posted tasks, run the end-of-turn hooks. After the process stood
/// still (SIGSTOP, a suspended machine) input goes first: what arrived meanwhile was in time. All
/// but post(), stop() belong to the loop's own thread.
class Loop {
public:
    /// Gets the epoll events that are ready.
    using Watcher = Task<void(std::uint32_t events)>;

    explicit Loop(const Clock& clock);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Calls `watcher` whenever `fd` is ready for one of `events` (level-triggered; EPOLLERR and
    /// EPOLLHUP always). Replaces an earlier watcher of `fd`. The caller keeps owning `fd`. Faults:
    /// io.
    Status watch(int fd, std::uint32_t events, Watcher watcher);
    /// Changes what a watched `fd` is watched for; nothing where it is not watched.
    void rewatch(int fd, std::uint32_t events);
    /// Safe inside any callback, its own included. Call before closing `fd`.
    void unwatch(int fd);

    /// Runs `task` on the loop's thread in a coming turn, in order of posting; tasks left when the
    /// loop is destroyed are dropped without being run. Any thread; wakes the loop if it sleeps.
    void post(Task<void()> task);
    /// Called at the end of every turn, in order of registration.
    void at_end_of_turn(Task<void()> hook);

    Timers& timers() noexcept { return timers_; }
    const Clock& clock() const noexcept { return clock_; }
    /// The time read once a turn, when its waiting ended.
    Instant now() const noexcept { return now_; }

    /// Runs turns until stop(); a stop() that comes between two runs ends the next one.
    void run();
    /// Any thread, signal handlers too.
    void stop() noexcept;
    /// One turn; waits at most `patience`. Returns whether anything was done.
    bool turn(Duration patience);

private:
    struct Watch;
    struct Ready;

    /// What is ready, after waiting for as long as `patience` and the timers allow.
    int wait(Duration patience);
    /// Whether time has to stand still for this turn, of which `had_input` is what came first.
    bool is_input_first(bool had_input) noexcept;
    /// Milliseconds for epoll_wait, rounded up so that a timer does not make the loop spin.
    int wait_for(Duration patience);
    bool dispatch(int ready);
    bool run_posted();
    void drop_retired();
    void wake() noexcept;

    const Clock& clock_;
    Instant now_;
    Timers timers_;
    int catching_up_ = 0;  ///< turns in a row in which input went before late timers
    int epoll_ = -1;
    int wake_ = -1;
    std::vector<std::unique_ptr<Watch>> watches_;  ///< by descriptor
    std::vector<std::unique_ptr<Watch>> retired_;  ///< unwatched in this turn
    std::unique_ptr<Ready> ready_;
    std::deque<Task<void()>> hooks_;
    std::mutex mutex_;
    std::vector<Task<void()>> posted_;
    std::vector<Task<void()>> running_;
    std::atomic<bool> asleep_{false};
    std::atomic<bool> stopping_{false};
};

}  // namespace herald::base
