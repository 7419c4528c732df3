// server/provisioning/job_pace.h: so many devices of a job a second, within its hours: each is told
// by the shard it lives on (device_requests), whose report goes to the job's JobRuns.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "server/core/context.h"
#include "server/provisioning/device_request.h"
#include "server/provisioning/job.h"
#include "server/provisioning/job_table.h"

namespace herald::server {

/// Of one shard's jobs, on its thread.
class JobPace {
public:
    JobPace(Context& context, const JobTable& jobs) : context_(context), jobs_(jobs) {}

    /// Sees to it that what waits is sent, not before `earliest`.
    void wake(Job& job, base::Instant earliest);

private:
    void take_turn(const std::string& address);
    void dispatch(Job& job, std::uint32_t device);
    DeviceRequest request_for(const Job& job, std::uint32_t device) const;

    Context& context_;
    const JobTable& jobs_;
};

}  // namespace herald::server
