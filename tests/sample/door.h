// tests/sample/door.h: what the sample package and its agent know of each other.
#pragma once

#include <cstdint>
#include <string>

#include "packages/package.h"

namespace herald::packages {

/// The section [door].
struct DoorSettings final : Settings {
    std::string unknown;
    std::uint32_t closes_after = 0;  ///< seconds; 0: a door stays as it is
};

const Package& door();

}  // namespace herald::packages
