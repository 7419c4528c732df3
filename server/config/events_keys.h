// server/config/events_keys.h: the keys of [events] and [hooks].
#pragma once

#include <span>

#include "server/config/config_table.h"

namespace herald::server {

/// In the order they are documented.
std::span<const ConfigKey> events_keys() noexcept;

}  // namespace herald::server
