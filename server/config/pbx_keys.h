// server/config/pbx_keys.h: the keys of [pbx].
#pragma once

#include <span>

#include "server/config/config_table.h"

namespace herald::server {

/// In the order they are documented.
std::span<const ConfigKey> pbx_keys() noexcept;

}  // namespace herald::server
