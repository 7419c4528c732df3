// server/provisioning/job_table.cpp: the jobs of one shard, found by their addresses.
#include "server/provisioning/job_table.h"

#include <utility>

namespace herald::server {

Job* JobTable::find(const std::string& address) const {
    const auto found = jobs_.find(address);
    return found == jobs_.end() ? nullptr : found->second.get();
}

Job& JobTable::add(std::unique_ptr<Job> job) {
    auto& place = jobs_[job->address];
    place = std::move(job);
    return *place;
}

Job& JobTable::obtain(const std::string& address) {
    auto& place = jobs_[address];
    if (!place) place = std::make_unique<Job>();
    place->address = address;
    return *place;
}

void JobTable::remove(const std::string& address) {
    const auto found = jobs_.find(address);
    if (found == jobs_.end()) return;
    found->second->disarm(context_.loop.timers());
    jobs_.erase(found);
}

void JobTable::forget_some(Cell cell, Forgetting& forgetting) {
    forgetting.erase(
        jobs_, [&](const auto& entry) { return context_.cell_of(entry.first) == cell; },
        [&](const auto& entry) { entry.second->disarm(context_.loop.timers()); });
}

JobLoad JobTable::load() const noexcept {
    JobLoad load{jobs_.size(), 0};
    for (const auto& [address, job] : jobs_) load.devices += job->devices.size();
    return load;
}

const Job* JobTable::oldest_over() const {
    const Job* oldest = nullptr;
    for (const auto& [address, job] : jobs_) {
        if (job->is_over() && (!oldest || job->id < oldest->id)) oldest = job.get();
    }
    return oldest;
}

}  // namespace herald::server
