// http/workers.h: the threads that carry requests out, so that who reads and writes never waits.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/task.h"

namespace herald::http {

/// Runs tasks in the order they came, as many at once as there are threads. What adds tasks keeps
/// their number bounded.
class Workers {
public:
    explicit Workers(unsigned threads);
    /// Carries out what was added, then ends.
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    /// Any thread. `task` must not throw.
    void add(base::Task<void()> task);

private:
    void run();

    std::mutex mutex_;
    std::condition_variable added_;
    std::deque<base::Task<void()>> tasks_;
    bool is_ending_ = false;
    std::vector<std::thread> threads_;  ///< last: everything is there when they start
};

}  // namespace herald::http
