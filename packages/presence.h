// packages/presence.h: what others than publishers say about somebody's presence, and whether they
// may.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "packages/package.h"

namespace herald::packages {

/// How what several sources say becomes one document (docs/composition.md: Policy).
enum class CompositionPolicy : std::uint8_t { merge, unite, most_available, best_alone, keep_all };

/// [presence] of the configuration file.
struct PresenceSettings final : Settings {
    CompositionPolicy composition = CompositionPolicy::merge;
    /// From high to low: names of kinds of sources, and addresses of publishers.
    std::vector<std::string> sources{"published", "calls", "permanent", "registration"};
    std::uint32_t decay = 0;  ///< seconds after which a source that is silent comes last; 0: never
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
