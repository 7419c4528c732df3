// cli/presence_document.h: writes what `herald publish` publishes: PIDF with a person (RFC 3863,
// 4479, 4480).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace herald::cli {

struct PresenceDraft {
    std::string entity;  ///< URI of the presentity, also the tuple's contact
    std::string device;  ///< tells tuples of one presentity apart; part of ids
    bool is_open = true;
    std::vector<std::string> activities;  ///< RPID names, checked by check_activity()
    std::string mood;                     ///< checked by check_mood(); empty: none
    std::string note;                     ///< empty: none
    base::WallTime now{};
};

/// A document valid under the schemas of PIDF, its data model and RPID.
std::string presence_document(const PresenceDraft& draft);

/// Faults: malformed, naming what is meant or allowed.
Status check_activity(std::string_view name);
Status check_mood(std::string_view name);

}  // namespace herald::cli
