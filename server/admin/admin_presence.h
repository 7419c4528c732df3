// server/admin/admin_presence.h: presence as programs say and read it: one publication of each
// program, that ends by itself, composed with what devices publish.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "server/publish/hard_state.h"

namespace herald::server {

class AdminCarrier;

/// What somebody's watchers see who may see everything.
struct PresenceInfo {
    std::string aor;   ///< as it was asked for
    std::string body;  ///< composed: application/pidf+xml
};

/// What one program says.
struct OwnPresence {
    std::string body;  ///< application/pidf+xml as it was set
    std::string entity_tag;
    std::chrono::seconds left{};  ///< until it ends by itself
};

/// What a program wants to say.
struct PresenceOrder {
    std::string aor;     ///< canonical
    std::string source;  ///< the program's name
    std::string body;    ///< application/pidf+xml; not used by remove()
    std::chrono::seconds ttl{};
    HardCondition condition;  ///< of what the program says already
};

class PresenceAdmin {
public:
    virtual ~PresenceAdmin() = default;

    /// In the order of `aors`, which are canonical. Faults: not_found (one is not of our domains).
    virtual Result<std::vector<PresenceInfo>> find(const std::vector<std::string>& aors) = 0;
    /// Faults: not_found (as find(), or `source` says nothing).
    virtual Result<OwnPresence> own(const std::string& aor, const std::string& source) = 0;
    /// Durable on return; watchers are told. Faults: not_found, too_large, malformed,
    /// precondition_failed, conflict.
    virtual Result<HardStateChange> put(const PresenceOrder& order) = 0;
    /// Faults: as put().
    virtual Status remove(const PresenceOrder& order) = 0;
};

std::unique_ptr<PresenceAdmin> presence_admin(const AdminCarrier& carrier);

}  // namespace herald::server
