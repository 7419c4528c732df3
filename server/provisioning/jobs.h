// server/provisioning/jobs.h: the jobs of one shard: started, changed, read again after a start.
//
//   ordered -> the job and all its devices committed -> answered
//   paced:  a device's shard is told to send (job_pace) -> its report comes back (job_runs)
//   saved:  what changed since the last commit, in one (job_rows); so nobody is told twice who has
//           answered, but for those whose answers came within the milliseconds before a crash
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "base/task.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/provisioning/job.h"
#include "server/provisioning/job_changes.h"
#include "server/provisioning/job_order.h"
#include "server/provisioning/job_rows.h"
#include "server/provisioning/job_runs.h"
#include "server/provisioning/job_table.h"

namespace herald::server {

/// Called on its shard's thread. A job belongs to the shard that owns its address.
class Jobs final : public Agent {
public:
    using Done = base::Task<void(Status)>;

    explicit Jobs(Context& context);

    /// `done` runs after the commit. Faults: malformed, not_found (no devices), conflict (to be
    /// confirmed), limit_reached, and those of the store.
    void start(JobOrder order, Done done);
    /// As JobChanges::change().
    void change(const std::string& address, JobState state, Done done) {
        changes_.change(address, state, std::move(done));
    }
    const Job* find(const std::string& address) const;
    void for_each(const std::function<void(const Job&)>& visit) const;
    /// Told what is heard of devices.
    JobRuns& runs() noexcept { return runs_; }

    bool takes(const store::Publication& row) const override;
    void recover(store::Publication row, base::WallTime not_before) override;
    void resume(const Cells& cells) override;
    bool has_changes(Cell cell) const override;
    bool has_flights(Cell cell) const override;
    void forget_some(Cell cell, Forgetting& forgetting) override {
        jobs_.forget_some(cell, forgetting);
    }
    std::size_t held() const noexcept override { return jobs_.size(); }

private:
    void make_room();
    void drop_broken(const Cells& cells);

    Context& context_;
    JobTable jobs_;
    JobRows rows_;
    JobRuns runs_;
    JobChanges changes_;
};

}  // namespace herald::server
