// server/provisioning/job_changes.cpp: jobs that operators pause, resume and cancel.
#include "server/provisioning/job_changes.h"

#include <algorithm>
#include <utility>

#include "server/publish/publications.h"

namespace herald::server {

namespace {

/// Orders about one job.
constexpr std::size_t kMostWaiting = 64;

Fault no_such_job() {
    return {FaultKind::not_found, "There is no such job"};
}

}  // namespace

void JobChanges::change(const std::string& address, JobState state, Done done) {
    const auto under_way = changing_.find(address);
    if (under_way == changing_.end()) return change_now(address, state, std::move(done));
    auto& waiting = under_way->second;
    if (waiting.size() >= kMostWaiting)
        return done(Fault{FaultKind::unavailable, "Busy; try again"});
    waiting.emplace_back([this, address, state, done = std::move(done)]() mutable {
        change(address, state, std::move(done));
    });
}

void JobChanges::change_now(const std::string& address, JobState state, Done done) {
    const auto* job = jobs_.find(address);
    if (!job) return done(no_such_job());
    if (job->is_over())
        return done(Fault{FaultKind::conflict, "The job is " + std::string(name_of(job->state))});
    if (job->state == state) return done({});
    Job wanted;
    static_cast<JobHead&>(wanted) = *job;
    wanted.state = state;
    if (state == JobState::cancelled) wanted.ended = context_.wall();
    changing_[address];
    rows_.put(wanted,
              [this, address, state, done = std::move(done)](store::Outcome outcome) mutable {
                  if (outcome == store::Outcome::committed) apply(address, state);
                  if (auto told = std::exchange(done, nullptr)) told(status_of(outcome));
                  if (outcome != store::Outcome::unknown) take_next(address);
              });
}

void JobChanges::apply(const std::string& address, JobState state) {
    auto* job = jobs_.find(address);
    if (job && !job->is_over()) runs_.move(*job, state);
}

void JobChanges::take_next(const std::string& address) {
    const auto found = changing_.find(address);
    auto waiting = std::move(found->second);
    changing_.erase(found);
    for (auto& work : waiting) work();
}

bool JobChanges::has_any(Cell cell) const {
    return std::any_of(changing_.begin(), changing_.end(),
                       [&](const auto& entry) { return context_.cell_of(entry.first) == cell; });
}

}  // namespace herald::server
