// server/admin/pbx_setting.h: whether the PBX that an operator names can be asked for somebody's
// state.
#pragma once

#include <string>

#include "base/result.h"
#include "server/core/context.h"

namespace herald::server {

/// `pbx` empty: none. Faults: malformed, saying what is wrong.
Status check_pbx(const std::string& pbx, const std::string& user, Context& context);

}  // namespace herald::server
