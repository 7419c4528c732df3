// server/provisioning/job_order.h: what an operator orders, and the job it becomes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "server/core/context.h"
#include "server/provisioning/job.h"

namespace herald::server {

/// A device as it was found when a job was ordered.
struct FoundDevice {
    std::string aor, contact, instance, user_agent;  ///< contact empty: it is not registered
};

/// What an operator orders.
struct JobOrder {
    std::uint64_t id = 0;
    std::string action;               ///< one of kRecipeActions, or "custom"
    DeviceNotice custom;              ///< with "custom"
    std::uint32_t rate = 0;           ///< a second; 0: the configuration's
    std::uint32_t retry_for = 0;      ///< seconds; 0: the configuration's
    std::uint32_t confirm = 0;        ///< how many devices the operator thinks it is
    std::uint32_t most_attempts = 0;  ///< of each device; 0: any number
    std::uint32_t retry_every = 0;    ///< seconds; 0: unreachable devices when they register only
    DailyWindow window;               ///< nothing is sent outside
    base::WallTime start_at{};        ///< zero: now
    std::vector<FoundDevice> devices;
};

/// What the jobs there are hold already.
struct JobLoad {
    std::size_t jobs = 0, devices = 0;
};
/// Whether the order may be carried out. Faults: not_found (no devices), conflict (to be
/// confirmed), limit_reached.
Status check(const JobOrder& order, const JobLoad& load, const Config& config);

/// With what each device is told. Faults: malformed, where no recipe says how.
Result<std::unique_ptr<Job>> job_of(JobOrder order, const Context& context);

}  // namespace herald::server
