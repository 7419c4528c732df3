// server/config/reloads.h: whoever wants the configuration read again waits for what becomes of it.
// The main thread reads it, as for SIGHUP.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "server/config/reload.h"

namespace herald::server {

class Reloads {
public:
    static constexpr std::chrono::seconds kPatience{10};

    /// Any thread but the main one: asks, and waits.
    ReloadReport request();
    /// Main thread: the configuration was read.
    void finish(ReloadReport report);

private:
    std::mutex mutex_;
    std::condition_variable finished_;
    std::uint64_t count_ = 0;
    ReloadReport last_;
};

}  // namespace herald::server
