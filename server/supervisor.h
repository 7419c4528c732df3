// server/supervisor.h: what the service manager that started the process is told (sd_notify(3)).
#pragma once

#include <chrono>
#include <optional>
#include <string>

/// Nothing happens where nobody asked for it: no $NOTIFY_SOCKET, no $WATCHDOG_USEC. From one
/// thread.
namespace herald::server::supervisor {

/// How often tell_alive() has to be called; nullopt where nobody waits for it.
std::optional<std::chrono::microseconds> beat();

/// Requests are served; `status` is shown to who asks how the service is.
void tell_ready(const std::string& status);
void tell_alive();
/// The configuration is read again, until the next tell_ready().
void tell_reloading();
void tell_stopping();

}  // namespace herald::server::supervisor
