// server/admin/admin_jobs.h: provisioning jobs as an operator starts, watches and ends them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/provisioning/job.h"
#include "server/provisioning/jobs.h"

namespace herald::server {

class AdminCarrier;

/// Whom a job is for; all that is said must hold.
struct JobSelection {
    std::vector<std::string> aors;  ///< those that are not registered are waited for
    std::vector<std::string> instances;
    std::string user_agent, vendor, model;  ///< patterns
    std::string firmware_below;             ///< older than this version
    std::string domain;
    bool is_all = false;  ///< the whole server: said where nothing else is
};

struct JobInfo {
    std::string id;
    std::string action, state;
    std::uint32_t rate = 0, most_attempts = 0, retry_every = 0;
    std::string window;  ///< empty: all day
    base::WallTime created{}, start_at{}, retry_until{};
    std::optional<base::WallTime> ended;
    std::array<std::uint32_t, kDeviceStates> counts{};  ///< by DeviceState
    std::uint32_t effective = 0;
    std::uint64_t total = 0;
};

struct JobDeviceInfo {
    std::string id;  ///< opaque, for paging
    std::string aor, contact, instance, user_agent, event, state;
    std::uint32_t status = 0, attempts = 0;
    base::WallTime at{};
    std::optional<base::WallTime> effective_at;  ///< it was seen to have done it
};

struct JobPage {
    std::vector<JobInfo> rows;
    std::string next;
    std::size_t total = 0;
};

struct JobDevicePage {
    JobInfo job;
    std::vector<JobDeviceInfo> rows;
    std::string next;
    std::size_t total = 0;  ///< in that state
};

class JobAdmin {
public:
    virtual ~JobAdmin() = default;

    /// `order` without an id and devices. Durable on return; its id. Faults: malformed, not_found
    /// (nobody is meant), conflict (to be confirmed), limit_reached.
    virtual Result<std::string> start(const JobSelection& selection, JobOrder order) = 0;
    virtual Result<JobPage> page(std::string_view after, std::size_t limit) = 0;
    /// Devices in `state`, or all, after the row `after`. `limit` 0: every one of them. Faults:
    /// not_found, malformed.
    virtual Result<JobDevicePage> devices(std::string_view id, std::optional<DeviceState> state,
                                          std::string_view after, std::size_t limit) = 0;
    /// To running, paused or cancelled. Faults: not_found, conflict (it is over).
    virtual Status change(std::string_view id, JobState state) = 0;
};

std::unique_ptr<JobAdmin> job_admin(const AdminCarrier& carrier);

}  // namespace herald::server
