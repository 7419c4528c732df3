// tests/support/places.h: where the clone is and its program; nothing of it is compiled into a
// test.
#pragma once

#include <string>

namespace herald::testing {

/// "docs/configuration.md" as a path in the clone: below $HERALD_SOURCE_DIR, or below the nearest
/// folder above the test's executable that has a CMakePresets.json.
std::string in_clone(const std::string& path);

/// $HERALD_SHIPPED (scripts/test shipped), $HERALD_BINARY, or the program beside the folder of the
/// test's executable.
std::string herald_binary();

}  // namespace herald::testing
