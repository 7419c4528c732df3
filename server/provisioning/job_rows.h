// server/provisioning/job_rows.h: the jobs of one shard as the store keeps them: a row for each job
// and for each of its devices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/task.h"
#include "server/core/context.h"
#include "server/provisioning/job.h"
#include "server/provisioning/job_table.h"
#include "store/records.h"

namespace herald::server {

/// On the shard's thread.
class JobRows {
public:
    using Done = base::Task<void(store::Outcome)>;

    JobRows(Context& context, const JobTable& jobs) : context_(context), jobs_(jobs) {}

    /// A new job and all its devices, which lives until `done` runs. Of many devices some in each
    /// commit, the job with the last: without it devices are none's.
    void put_all(const Job& job, Done done) { put_from(job, 0, std::move(done)); }
    /// The job without its devices; `done` as in commit_until_known().
    void put(const Job& job, Done done);
    /// A new job of which it is not known whether it was kept; until it is not.
    void take_back(const Job& job);
    /// The devices that changed since they were written (Job::unsaved), until all are; one commit
    /// at a time, some time apart, so that what changes meanwhile shares the next one.
    void save(Job& job);
    void remove(const Job& job);

private:
    void remove_surely(store::ChangePublications rows);
    void save_at(Job& job, base::Instant due);
    void put_from(const Job& job, std::size_t first, Done done);
    void remove_devices(const Job& job, std::size_t count);
    void on_saved(const std::string& address, const std::vector<std::uint32_t>& devices,
                  store::Outcome outcome);

    Context& context_;
    const JobTable& jobs_;
};

}  // namespace herald::server
