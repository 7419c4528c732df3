// packages/presence.h: what others than publishers say about somebody's presence, and whether they
// may.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "packages/package.h"
#include "pidf/permissions.h"

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

/// What all the presence documents of somebody that name a sphere agree on (RFC 5025 3.1.2).
class SphereOf {
public:
    /// `document`: what the package presence admitted.
    void add(const Admitted& document);
    /// nullopt: undefined.
    const std::optional<std::string>& value() const noexcept { return sphere_.value(); }

private:
    pidf::Sphere sphere_;
};

}  // namespace herald::packages
