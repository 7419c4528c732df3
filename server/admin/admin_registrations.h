// server/admin/admin_registrations.h: registrations as an operator reads, sets and removes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace herald::server {

class AdminCarrier;

/// One contact of a user as an operator sees it.
struct RegistrationInfo {
    std::string id;  ///< opaque, for paging
    std::string aor, contact, display_name, instance, path, flow, user_agent, call_id, publisher;
    std::string certificate;   ///< a name in the one its connection proved to hold; empty: none
    std::uint32_t reg_id = 0;  ///< 0: none
    std::uint32_t cseq = 0;
    base::WallTime created{};
    std::optional<base::WallTime> expires_at;  ///< none: never
    std::vector<std::string> parameters;
    std::string public_gruu;
};

struct RegistrationPage {
    std::vector<RegistrationInfo> rows;
    std::string next;       ///< `after` for the next page; empty: no more
    std::size_t total = 0;  ///< matching the filter
};

class RegistrationAdmin {
public:
    virtual ~RegistrationAdmin() = default;

    /// Contacts of `aor`, or of everybody where it is empty, after the row `after`; at most `limit`
    /// (1 to 1000). Faults: malformed, not_found (not one of our domains).
    virtual Result<RegistrationPage> page(std::string_view aor, std::string_view after,
                                          std::size_t limit) = 0;
    /// Binds a contact, or gives one there is another time; `expires` 0: for ever. Durable on
    /// return; watchers are told. Faults: malformed, not_found (not one of our domains).
    virtual Status put(std::string_view aor, std::string_view contact, std::uint32_t expires,
                       std::string_view path) = 0;
    /// `contact` empty: all of them. `event` as in RFC 3680: deactivated, probation, rejected,
    /// unregistered or expired. Faults: malformed, not_found.
    virtual Status remove(std::string_view aor, std::string_view contact, std::string_view event,
                          std::uint32_t retry_after) = 0;
};

std::unique_ptr<RegistrationAdmin> registration_admin(const AdminCarrier& carrier);

}  // namespace herald::server
