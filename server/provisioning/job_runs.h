// server/provisioning/job_runs.h: jobs on their way: what is heard of their devices, who is tried
// again, and when a job is over, and gone.
//
//   begin -> paced (job_pace) -> reports, returns, effects -> end -> kept for a while -> dropped
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/metrics.h"
#include "server/core/context.h"
#include "server/provisioning/job.h"
#include "server/provisioning/job_lookout.h"
#include "server/provisioning/job_pace.h"
#include "server/provisioning/job_rows.h"
#include "server/provisioning/job_table.h"

namespace herald::server {

/// Those of one shard, on its thread.
class JobRuns {
public:
    JobRuns(Context& context, JobTable& jobs, JobRows& rows);

    /// All of it is in the store.
    void begin(Job& job);
    /// ... and was read from there.
    void begin_again(Job& job);
    /// It is to be running, paused or cancelled, durably.
    void move(Job& job, JobState state);
    /// It leaves, with its rows.
    void drop(const std::string& address);
    /// A cell was loaded, in which jobs of other cells may wait for devices.
    void await_again(const Job& job, Cell cell) { lookout_.await_again(job, cell); }

    /// What became of a device that was told.
    void on_report(const std::string& address, std::uint32_t device, const DeviceReport& report);
    /// A device that was unreachable has registered.
    void on_return(const std::string& address, std::uint32_t device);
    /// A device was seen to do what it was told: it started again, or fetched what is new.
    void on_effect(const std::string& address, std::uint32_t device);

private:
    void arm_end(Job& job);
    void try_again_later(Job& job);
    void try_again(const std::string& address);
    void look_for_end(Job& job);
    void end(Job& job, JobState state);
    void cancel_waiting(Job& job);
    void keep_until_due(Job& job);
    base::Counter& outcome(DeviceState state) const {
        return *outcomes_[static_cast<std::size_t>(state)];
    }

    Context& context_;
    JobTable& jobs_;
    JobRows& rows_;
    JobPace pace_;
    JobLookout lookout_;
    std::array<base::Counter*, kDeviceStates> outcomes_{};
    base::Counter& effects_;
};

}  // namespace herald::server
