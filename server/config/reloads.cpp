// server/config/reloads.cpp: whoever wants the configuration read again waits for what becomes of
// it.
#include "server/config/reloads.h"

#include <csignal>
#include <utility>

#include <unistd.h>

namespace herald::server {

ReloadReport Reloads::request() {
    std::unique_lock lock(mutex_);
    const auto seen = count_;
    if (::kill(::getpid(), SIGHUP) != 0) return {.failure = "The process cannot be told"};
    const bool is_done = finished_.wait_for(lock, kPatience, [&] { return count_ > seen; });
    if (is_done) return last_;
    return {.failure = "The configuration was not read in time; it may still be"};
}

void Reloads::finish(ReloadReport report) {
    {
        const std::lock_guard lock(mutex_);
        last_ = std::move(report);
        ++count_;
    }
    finished_.notify_all();
}

}  // namespace herald::server
