// server/admin/admin_profiles.h: profiles of devices, users and networks as an operator puts them,
// and which of them a device gets.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "packages/profile_set.h"
#include "server/provisioning/profile_keeper.h"

namespace herald::server {

class AdminCarrier;

struct ProfileQuery {
    std::string type;  ///< empty: any
    std::string after;
    std::size_t limit = 100;  ///< at most 1000
};

struct ProfilePage {
    std::vector<packages::ProfilePtr> rows;
    std::string next;  ///< empty: there are no more
    std::size_t total = 0;
};

/// A device as an operator names it.
struct DeviceQuestion {
    std::string device;  ///< an AOR, an instance or a MAC address; empty: none in particular
    std::string vendor, model, version;  ///< in the place of what it said when it registered
};

struct ProfileVerdict {
    packages::DeviceFacts facts;
    std::vector<packages::Candidate> candidates;  ///< the best first
};

class ProfileAdmin {
public:
    virtual ~ProfileAdmin() = default;

    /// Faults: not_found.
    virtual Result<packages::ProfilePtr> find(packages::ProfileType type,
                                              std::string_view name) = 0;
    /// In effect on return. Faults: as ProfileKeeper::put().
    virtual Result<packages::ProfilePtr> put(packages::DeviceProfile profile,
                                             const ProfileCondition& condition) = 0;
    /// Faults: as ProfileKeeper::remove().
    virtual Status remove(packages::ProfileType type, const std::string& name,
                          const ProfileCondition& condition) = 0;
    virtual Result<ProfilePage> page(const ProfileQuery& query) = 0;
    /// A document as the device would get it. Faults: not_found, malformed.
    virtual Result<packages::Rendered> preview(const packages::DeviceProfile& profile,
                                               std::string_view file,
                                               const DeviceQuestion& question) = 0;
    /// Faults: malformed, not_found.
    virtual Result<ProfileVerdict> explain(packages::ProfileType type,
                                           const DeviceQuestion& question) = 0;
};

std::unique_ptr<ProfileAdmin> profile_admin(const AdminCarrier& carrier);

}  // namespace herald::server
