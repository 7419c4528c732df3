// packages/enrolment.h: what a SUBSCRIBE for a profile says (RFC 6080 6.2), as it is kept with the
// subscription.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "packages/device_facts.h"
#include "packages/device_profile.h"
#include "packages/package.h"

namespace herald::packages {

struct Enrolment {
    std::optional<ProfileType> type;  ///< none: "application", of which there are no profiles
    bool is_anonymous = false;        ///< public profiles only
    bool is_protected = false;        ///< asked for over TLS
    bool has_accept = false;
    std::vector<std::string> accepted;  ///< media types and ranges in lower case, the first 16
    DeviceFacts facts;

    /// Whether a body of this type was asked for, by a range too, or by asking for nothing special.
    bool accepts(std::string_view content_type) const;
    /// ... by its own name.
    bool names(std::string_view media_type) const;
};

/// Faults: malformed (no profile-type), not_found (no such type).
Result<Enrolment> enrolment_of(const Asked& asked);
std::string to_text(const Enrolment& enrolment);
/// nullopt: not what to_text() made.
std::optional<Enrolment> enrolment_from(std::string_view text);

/// What the name of a resource says of the device, where it is one's: its instance, its MAC
/// address.
DeviceFacts facts_in_aor(std::string_view aor);

}  // namespace herald::packages
