// packages/presence.h: what others than publishers say about somebody's presence.
#pragma once

#include <string_view>

#include "packages/package.h"

namespace herald::packages {

/// What it means to be registered (composition rule CO-10): one open tuple, reached at the
/// address-of-record itself. For package presence, in a type it takes.
Document presence_of_registered(std::string_view aor);

}  // namespace herald::packages
