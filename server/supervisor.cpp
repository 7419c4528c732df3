// server/supervisor.cpp: what the service manager that started the process is told (sd_notify(3)).
#include "server/supervisor.h"

#include <cstdint>

#include <systemd/sd-daemon.h>

namespace herald::server::supervisor {

namespace {

/// A busy shard may miss two beats before the time the manager grants is over.
constexpr std::uint64_t kBeatsInTime = 4;

/// That it cannot be told is no reason to end; whoever waits for it will say so.
void tell(const std::string& lines) {
    static_cast<void>(sd_notify(0, lines.c_str()));
}

}  // namespace

std::optional<std::chrono::microseconds> beat() {
    std::uint64_t granted = 0;
    if (sd_watchdog_enabled(0, &granted) <= 0) return std::nullopt;
    return std::chrono::microseconds(granted / kBeatsInTime);
}

void tell_ready(const std::string& status) {
    tell("READY=1\nSTATUS=" + status);
}

void tell_alive() {
    tell("WATCHDOG=1");
}

void tell_reloading() {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now().time_since_epoch());
    tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
}

void tell_stopping() {
    tell("STOPPING=1\nSTATUS=Stopping");
}

}  // namespace herald::server::supervisor
