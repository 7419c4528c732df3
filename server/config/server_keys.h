// server/config/server_keys.h: the keys of [server], [store] and [cluster].
#pragma once

#include <span>

#include "server/config/config_table.h"

namespace herald::server {

/// In the order they are documented.
std::span<const ConfigKey> server_keys() noexcept;
std::span<const ConfigKey> store_keys() noexcept;
std::span<const ConfigKey> cluster_keys() noexcept;

}  // namespace herald::server
