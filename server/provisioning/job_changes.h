// server/provisioning/job_changes.h: jobs that operators pause, resume and cancel.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "base/text_map.h"
#include "server/core/context.h"
#include "server/provisioning/job_rows.h"
#include "server/provisioning/job_runs.h"
#include "server/provisioning/job_table.h"

namespace herald::server {

/// Those of one shard, on its thread. Of one job one after the other, as each is decided from what
/// the one before made.
class JobChanges {
public:
    using Done = base::Task<void(Status)>;

    JobChanges(Context& context, const JobTable& jobs, JobRows& rows, JobRuns& runs)
        : context_(context), jobs_(jobs), rows_(rows), runs_(runs) {}

    /// `done` runs after the commit. Faults: not_found, conflict (the job is over), and those of
    /// the store.
    void change(const std::string& address, JobState state, Done done);
    /// Whether one is under way.
    bool has_any(Cell cell) const;

private:
    void change_now(const std::string& address, JobState state, Done done);
    void apply(const std::string& address, JobState state);
    void take_next(const std::string& address);

    Context& context_;
    const JobTable& jobs_;
    JobRows& rows_;
    JobRuns& runs_;
    /// By the address of a job that is being changed: what waits for that.
    base::TextMap<std::vector<base::Task<void()>>> changing_;
};

}  // namespace herald::server
