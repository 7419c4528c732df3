// base/embedded.h: a text file that was built into the program (made by herald_embed() in CMake).
#pragma once

#include <string_view>

namespace herald::base {

/// `name` is the path below the embedded folder, e.g. "0001_first.sql". Both live as long as the
/// program.
struct EmbeddedFile {
    std::string_view name;
    std::string_view text;
};

}  // namespace herald::base
