// packages/presence.h: what others than publishers say about somebody's presence, and whether they
// may.
#pragma once

#include <cstdint>
#include <string_view>

#include "packages/package.h"

namespace herald::packages {

/// [presence] of the configuration file.
struct PresenceSettings final : Settings {
    bool from_registrations = false;        ///< to have a contact registered is to be open
    std::uint32_t registration_grace = 10;  ///< seconds until a device that vanished is gone
};

/// What it means to be registered (composition rule CO-10): one open tuple, reached at the
/// address-of-record itself. For package presence, in a type it takes.
Document presence_of_registered(std::string_view aor);

/// What it means to have a call (composition rule CO-11): on the phone, and open where nobody says
/// anything else.
Document presence_of_caller(std::string_view aor);

/// The package itself.
const Package& presence();

}  // namespace herald::packages
