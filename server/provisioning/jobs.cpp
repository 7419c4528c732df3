// server/provisioning/jobs.cpp: the jobs of one shard: started, changed, read again after a start.
#include "server/provisioning/jobs.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/log.h"
#include "server/publish/publications.h"

namespace herald::server {

namespace {

/// After a start: whether all its rows could be read.
bool is_whole(const Job& job) {
    return job.is_known &&
           std::all_of(job.devices.begin(), job.devices.end(),
                       [&](const JobDevice& device) { return device.model < job.models.size(); });
}

}  // namespace

Jobs::Jobs(Context& context)
    : context_(context),
      jobs_(context),
      rows_(context, jobs_),
      runs_(context, jobs_, rows_),
      changes_(context, jobs_, rows_, runs_) {}

/// The oldest of those that are over gives way.
void Jobs::make_room() {
    if (jobs_.size() < context_.config.provisioning_max_jobs) return;
    if (const auto* oldest = jobs_.oldest_over()) runs_.drop(std::string(oldest->address));
}

void Jobs::start(JobOrder order, Done done) {
    make_room();
    if (auto refused = check(order, jobs_.load(), context_.config); !refused) return done(refused);
    auto made = job_of(std::move(order), context_);
    if (!made) return done(made.fault());
    auto job = *std::move(made);
    const auto& rows = *job;
    rows_.put_all(
        rows, [this, job = std::move(job), done = std::move(done)](store::Outcome outcome) mutable {
            if (outcome == store::Outcome::unknown) rows_.take_back(*job);
            if (auto status = status_of(outcome); !status) return done(status);
            base::log_info(
                "job.started",
                {{"id", job->id}, {"action", job->action}, {"devices", job->devices.size()}});
            runs_.begin(jobs_.add(std::move(job)));
            done({});
        });
}

const Job* Jobs::find(const std::string& address) const {
    const auto* job = jobs_.find(address);
    return job && job->is_known ? job : nullptr;
}

void Jobs::for_each(const std::function<void(const Job&)>& visit) const {
    for (const auto& [address, job] : jobs_) visit(*job);
}

bool Jobs::takes(const store::Publication& row) const {
    return !row.is_removed && (row.type == kJobType || row.type == kJobDeviceType);
}

void Jobs::recover(store::Publication row, base::WallTime /*not_before*/) {
    auto& job = jobs_.obtain(row.aor);
    if (row.type == kJobType) {
        job.row = row.id;
        job.id = store::counter_of(row.id);
        const auto read = read_job(row.body, job);
        if (!read) base::log_warning("job.skipped", {{"id", row.id}, {"why", read.fault().detail}});
        return;
    }
    auto device = job_device_from_text(row.body);
    if (!device)
        return base::log_warning("job.skipped", {{"id", row.id}, {"why", device.fault().detail}});
    device->row = row.id;
    job.devices.push_back(*std::move(device));
}

/// Devices are in order then.
void Jobs::drop_broken(const Cells& cells) {
    std::vector<std::string> broken;
    for (const auto& [address, job] : jobs_) {
        if (!context_.is_in(cells, address)) continue;
        auto& devices = job->devices;
        devices.shrink_to_fit();
        std::sort(devices.begin(), devices.end(),
                  [](const JobDevice& a, const JobDevice& b) { return a.row < b.row; });
        if (!is_whole(*job)) broken.push_back(address);
    }
    for (const auto& address : broken) runs_.drop(address);
}

void Jobs::resume(const Cells& cells) {
    drop_broken(cells);
    for (const auto& [address, job] : jobs_) {
        if (context_.is_in(cells, address)) runs_.begin_again(*job);
    }
    if (!cells.one) return;
    for (const auto& [address, job] : jobs_) {
        if (!context_.is_in(cells, address)) runs_.await_again(*job, *cells.one);
    }
}

/// What became of its devices is written a moment later; nobody is told twice.
bool Jobs::has_changes(Cell cell) const {
    return changes_.has_any(cell) || jobs_.any_of(cell, [](const Job& job) {
        return job.save || job.is_saving || !job.unsaved.empty();
    });
}

bool Jobs::has_flights(Cell cell) const {
    return jobs_.any_of(cell, [](const Job& job) { return job.count(DeviceState::sent) > 0; });
}

}  // namespace herald::server
