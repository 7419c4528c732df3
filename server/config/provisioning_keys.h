// server/config/provisioning_keys.h: the keys of [provisioning].
#pragma once

#include <span>

#include "server/config/config_table.h"

namespace herald::server {

/// In the order they are documented.
std::span<const ConfigKey> provisioning_keys() noexcept;

}  // namespace herald::server
