// server/admin/admin_devices.h: the devices that are registered, as an operator sees them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace herald::server {

class AdminCarrier;

/// What is remembered of a device.
struct LearnedInfo {
    std::vector<std::string> aors;  ///< that it registered or enrolled for, the newest last
    base::WallTime seen{};
    bool challenges = false;
    std::vector<std::pair<std::string, std::uint16_t>> refusals;  ///< event and answer
    /// For a profile (RFC 6080) the last time, and the media types it accepted.
    std::optional<base::WallTime> enrolled_at;
    std::vector<std::string> takes;
    /// A profile and its version, or a URL; empty: none.
    std::string offered, fetched;
    std::optional<base::WallTime> offered_at, fetched_at;
    std::uint64_t fetches = 0;
};

struct DeviceInfo {
    std::string id;   ///< opaque, for paging
    std::string key;  ///< see key_of_device()
    std::string aor, contact, instance, flow, user_agent;
    std::string mac;  ///< empty: not known
    /// Of the User-Agent, or as it enrolled; empty: it does not tell.
    std::string vendor, model, version;
    std::optional<LearnedInfo> learned;
    std::optional<base::WallTime> registered;  ///< none: it is not, now
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
    std::string user_agent, vendor, model;  ///< patterns: * for any text
    bool is_remembered = false;             ///< those something is remembered of, registered or not
    std::string after;
    std::size_t limit = 0;  ///< 1 to 1000
};

class DeviceAdmin {
public:
    virtual ~DeviceAdmin() = default;
    /// Faults: malformed, not_found (not one of our domains).
    virtual Result<DevicePage> page(const DeviceQuery& query) = 0;
    /// Who registered or enrolled the device of this key (key_of_device()), the newest last.
    /// Faults: not_found.
    virtual Result<std::vector<std::string>> users_of(const std::string& key) = 0;
    /// It fetched a profile of this version, or a file of one. Waits for nobody.
    virtual void note_fetch(const std::string& key, const std::string& version) = 0;
    /// The name that the devices of an account take orders with; empty: there is none. Faults:
    /// malformed, not_found.
    virtual Result<std::string> login_of(std::string_view aor) = 0;
};

std::unique_ptr<DeviceAdmin> device_admin(const AdminCarrier& carrier);

}  // namespace herald::server
