// server/admin/admin_dialogs.h: calls as an operator sees, sets and ends them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/calls/calls.h"

namespace herald::server {

class AdminCarrier;

struct CallQuery {
    bool is_suspicious = false;  ///< only users with a call whose source has long been silent
    std::size_t limit = 100;     ///< users
    std::string after;           ///< CallPage::next
};

/// Calls of users in alphabetical order.
struct CallPage {
    std::vector<CallInfo> rows;
    std::string next;  ///< empty: there are no more
};

class DialogAdmin {
public:
    virtual ~DialogAdmin() = default;

    virtual Result<CallPage> page(const CallQuery& query) = 0;
    /// Faults: malformed, not_found (not one of our domains).
    virtual Result<std::vector<CallInfo>> calls(std::string_view aor) = 0;
    /// Durable on return. `seconds`: until it is over by itself. Faults: as calls(), too_large.
    virtual Status put(std::string_view aor, pidf::Dialog dialog,
                       std::optional<std::uint32_t> seconds) = 0;
    /// Ends a call, whoever said that it is there; without `id` all of them. Faults: as calls(),
    /// not_found.
    virtual Status end(std::string_view aor, std::optional<std::string> id) = 0;

    /// The PBX that keeps somebody's calls; empty: none. Faults: as calls().
    virtual Result<packages::DialogKeeper> keeper(std::string_view aor) = 0;
    /// Durable on return. Faults: malformed (a PBX that is not configured, or this server), as
    /// calls().
    virtual Status put_keeper(std::string_view aor, packages::DialogKeeper keeper) = 0;
};

std::unique_ptr<DialogAdmin> dialog_admin(const AdminCarrier& carrier);

}  // namespace herald::server
