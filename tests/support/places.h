// tests/support/places.h: where the clone is and its program; nothing of it is compiled into a
// test. And where a test may write.
#pragma once

#include <string>

namespace herald::testing {

/// "docs/configuration.md" as a path in the clone: below $HERALD_SOURCE_DIR, or below the nearest
/// folder above the test's executable that has a CMakePresets.json.
std::string in_clone(const std::string& path);

/// $HERALD_SHIPPED (scripts/test shipped), $HERALD_BINARY, or the program beside the folder of the
/// test's executable.
std::string herald_binary();

/// A new folder for temporary files, "herald-<purpose>-" and something of its own. Empty: it could
/// not be made.
std::string make_folder(const std::string& purpose);

}  // namespace herald::testing
