// server/admin/admin_devices.h: the devices that are registered, as an operator sees them.
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

struct DeviceInfo {
    std::string id;  ///< opaque, for paging
    std::string aor, contact, instance, flow, user_agent;
    std::string mac;                     ///< empty: not known
    std::string vendor, model, version;  ///< of the User-Agent; empty: it does not tell
    base::WallTime registered{};
    std::optional<base::WallTime> expires_at;  ///< none: never
};

struct DevicePage {
    std::vector<DeviceInfo> rows;
    std::string next;       ///< `after` for the next page; empty: no more
    std::size_t total = 0;  ///< matching the filter
};

/// All that is said must hold; empty: any.
struct DeviceQuery {
    std::string aor, domain;
    std::string user_agent;  ///< a pattern: * for any text
    std::string after;
    std::size_t limit = 0;  ///< 1 to 1000
};

class DeviceAdmin {
public:
    virtual ~DeviceAdmin() = default;
    /// Faults: malformed, not_found (not one of our domains).
    virtual Result<DevicePage> page(const DeviceQuery& query) = 0;
};

std::unique_ptr<DeviceAdmin> device_admin(const AdminCarrier& carrier);

}  // namespace herald::server
