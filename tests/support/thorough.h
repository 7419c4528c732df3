// tests/support/thorough.h: how much of what could be tried is tried.
#pragma once

#include <cstdlib>

namespace herald::testing {

/// HERALD_THOROUGH=1 (scripts/test all): everything, however long it takes.
inline bool is_thorough() {
    static const bool kIsThorough = std::getenv("HERALD_THOROUGH") != nullptr;
    return kIsThorough;
}

/// Of `all` rounds of a random test those that the time of a daily run allows.
inline unsigned rounds(unsigned all, unsigned daily) {
    return is_thorough() ? all : daily;
}

}  // namespace herald::testing
