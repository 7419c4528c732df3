// server/publish/hard_state.h: event state without expiry as operators set it, and under which
// condition (RFC 9110 13.1).
#pragma once

#include <string>
#include <vector>

#include "base/time.h"

namespace herald::server {

/// The source of the one publication of a resource that operators set.
inline constexpr const char* kHardSource = "hard";

/// What must hold of hard state for it to be shown or changed. "*" stands for every entity-tag.
struct HardCondition {
    std::vector<std::string> any_of;   ///< not empty: there is some, with one of these entity-tags
    std::vector<std::string> none_of;  ///< there is none with any of these
};

/// `entity_tag` of what there is; nullptr: nothing is set.
bool is_any_of(const HardCondition& condition, const std::string* entity_tag);
bool is_none_of(const HardCondition& condition, const std::string* entity_tag);

struct HardState {
    std::string type, body;  ///< as they were set
    std::string entity_tag;
    base::WallTime set_at{};
};

/// What a change came to.
struct HardStateChange {
    std::string entity_tag;  ///< of what is set now; empty after a removal
    bool is_new = false;     ///< nothing was set before
};

}  // namespace herald::server
