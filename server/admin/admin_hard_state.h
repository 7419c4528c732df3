// server/admin/admin_hard_state.h: hard state of a resource as an operator reads, sets and removes
// it.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "server/publish/hard_state.h"

namespace herald::server {

class AdminCarrier;

class HardStateAdmin {
public:
    virtual ~HardStateAdmin() = default;

    /// Faults: unknown_event, malformed (not an AOR), not_found (not one of our domains, or nothing
    /// is set).
    virtual Result<HardState> find(std::string_view package, std::string_view aor) = 0;
    /// One document, replacing the earlier one, without expiry. Durable on return; watchers are
    /// told. Faults: as find(), unsupported_media, too_large, malformed, precondition_failed,
    /// conflict.
    virtual Result<HardStateChange> put(std::string_view package, std::string_view aor,
                                        std::string_view type, std::string_view body,
                                        const HardCondition& condition) = 0;
    /// Faults: as find(), precondition_failed, conflict.
    virtual Status remove(std::string_view package, std::string_view aor,
                          const HardCondition& condition) = 0;
};

std::unique_ptr<HardStateAdmin> hard_state_admin(const AdminCarrier& carrier);

}  // namespace herald::server
