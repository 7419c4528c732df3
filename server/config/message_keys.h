// server/config/message_keys.h: the keys of [message].
#pragma once

#include <span>

#include "server/config/config_table.h"

namespace herald::server {

std::span<const ConfigKey> message_keys() noexcept;

}  // namespace herald::server
