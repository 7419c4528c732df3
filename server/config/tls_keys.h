// server/config/tls_keys.h: the keys of [sip] that are about TLS and WebSocket, and of [bearer].
#pragma once

#include <span>

#include "server/config/config_table.h"

namespace herald::server {

/// In the order they are documented.
std::span<const ConfigKey> tls_keys() noexcept;
std::span<const ConfigKey> bearer_keys() noexcept;

}  // namespace herald::server
