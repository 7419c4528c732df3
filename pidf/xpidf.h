// pidf/xpidf.h: application/xpidf+xml, what old phones understand; send only, never parsed.
#pragma once

#include <string_view>

#include "pidf/compose.h"

namespace herald::pidf {

/// One presentity with the best tuple as its atom and the whole composition as its status: closed
/// without an open tuple, inuse while on the phone or busy, open otherwise; Microsoft's substatus
/// says which of them.
Rendered render_xpidf(const Composition& composition, std::string_view entity,
                      std::string_view aor);

}  // namespace herald::pidf
