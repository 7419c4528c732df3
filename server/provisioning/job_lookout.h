// server/provisioning/job_lookout.h: what a job wants to hear of its devices: that one which was
// unreachable registers, that one which was told starts again, or fetches what is new. It is asked
// for where the device lives, and told to the job's JobRuns.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "server/core/context.h"
#include "server/provisioning/job.h"
#include "server/provisioning/job_table.h"

namespace herald::server {

/// What a device does later than this it does for another reason.
inline constexpr auto kEffectWithin = std::chrono::hours(1);

/// For one shard's jobs, on its thread.
class JobLookout {
public:
    JobLookout(Context& context, const JobTable& jobs) : context_(context), jobs_(jobs) {}

    /// Where it is unreachable, and the job is not over.
    void await_return(const Job& job, std::uint32_t device);
    /// What can be seen of it: a start, by the device's next registration; a fetch.
    void await_effect(const Job& job, std::uint32_t device);
    /// After a start: those effects that may still be seen, some at a time.
    void await_effects(const Job& job) { await_effects_from(job.address, 0); }
    /// A cell was loaded: nobody there knows any more that its devices are waited for.
    void await_again(const Job& job, Cell cell) { await_again_from(job.address, cell, 0); }

    /// Who did not answer is not waited for any more.
    void let_go(const Job& job);
    /// Nothing is waited for any more, effects neither.
    void abandon(const Job& job);

private:
    bool is_told_in(const Job& job, std::uint32_t device, Cell cell) const;
    void await_effects_from(const std::string& address, std::uint32_t first);
    void await_again_from(const std::string& address, Cell cell, std::uint32_t first);

    Context& context_;
    const JobTable& jobs_;
};

}  // namespace herald::server
