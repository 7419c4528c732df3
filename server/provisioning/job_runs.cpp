// server/provisioning/job_runs.cpp: jobs on their way.
#include "server/provisioning/job_runs.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"

namespace herald::server {

namespace {

/// Nothing is due sooner.
constexpr base::Duration kSoon = std::chrono::milliseconds(10);

/// The job was written as finished, and the server crashed before the last of its devices was.
void reopen(Job& job) {
    const bool is_cut_short =
        job.state == JobState::finished &&
        std::any_of(job.devices.begin(), job.devices.end(),
                    [](const JobDevice& device) { return device.state == DeviceState::waiting; });
    if (!is_cut_short) return;
    job.state = JobState::running;
    job.ended = {};
}

}  // namespace

JobRuns::JobRuns(Context& context, JobTable& jobs, JobRows& rows)
    : context_(context),
      jobs_(jobs),
      rows_(rows),
      pace_(context, jobs),
      lookout_(context, jobs),
      effects_(
          context.metrics.counter("herald_provisioning_effects_total",
                                  "Devices of jobs that were seen to do what they were told")) {
    for (auto i = static_cast<std::size_t>(DeviceState::delivered); i < kDeviceStates; ++i) {
        outcomes_[i] = &context.metrics.counter(
            "herald_provisioning_devices_total", "Devices of jobs, by what became of them",
            {{"outcome", std::string(name_of(static_cast<DeviceState>(i)))}});
    }
}

void JobRuns::begin(Job& job) {
    job.recount();
    for (std::uint32_t i = 0; i < job.devices.size(); ++i) lookout_.await_return(job, i);
    lookout_.await_effects(job);
    if (job.is_over()) return keep_until_due(job);
    arm_end(job);
    job.next_at = context_.loop.now() +
                  std::max<base::Duration>(job.start_at - context_.wall(), base::Duration::zero());
    pace_.wake(job, context_.loop.now());
    try_again_later(job);
    look_for_end(job);
}

void JobRuns::begin_again(Job& job) {
    reopen(job);
    for (auto& device : job.devices) device.is_repeat = device.state == DeviceState::waiting;
    begin(job);
}

void JobRuns::arm_end(Job& job) {
    const auto left = std::max<base::Duration>(job.retry_until - context_.wall(), kSoon);
    job.end = context_.loop.timers().arm(context_.loop.now() + left, [this, address = job.address] {
        auto* found = jobs_.find(address);
        if (!found) return;
        found->end = {};
        look_for_end(*found);
    });
}

void JobRuns::move(Job& job, JobState state) {
    if (state == JobState::cancelled) return end(job, state);
    job.state = state;
    job.next_at = std::max(job.next_at, context_.loop.now());
    pace_.wake(job, context_.loop.now());
}

void JobRuns::on_report(const std::string& address, std::uint32_t device,
                        const DeviceReport& report) {
    auto* found = jobs_.find(address);
    if (!found) return;
    auto& job = *found;
    if (device >= job.devices.size() || job.devices[device].state != DeviceState::sent) return;
    const auto state = state_of(report.verdict);
    job.move(device, state, report.status, context_.wall());
    outcome(state).add();
    if (state == DeviceState::delivered) lookout_.await_effect(job, device);
    rows_.save(job);
    pace_.wake(job, context_.loop.now());
    try_again_later(job);
    look_for_end(job);
    // Those that were under way when it was cancelled may be waited for by now.
    if (job.is_over() && job.count(DeviceState::sent) == 0) lookout_.let_go(job);
}

void JobRuns::on_effect(const std::string& address, std::uint32_t device) {
    auto* job = jobs_.find(address);
    if (!job || device >= job->devices.size()) return;
    auto& told = job->devices[device];
    if (told.state != DeviceState::delivered || told.effective_at != base::WallTime{}) return;
    const auto now = context_.wall();
    if (now - told.at > kEffectWithin) return;
    told.effective_at = now;
    ++job->effective;
    effects_.add();
    job->mark(device);
    rows_.save(*job);
}

/// Unreachable devices that need not register first, at intervals.
void JobRuns::try_again_later(Job& job) {
    if (job.again || job.retry_every == 0 || job.is_over()) return;
    if (job.count(DeviceState::unreachable) == 0) return;
    job.again =
        context_.loop.timers().arm(context_.loop.now() + std::chrono::seconds(job.retry_every),
                                   [this, address = job.address] { try_again(address); });
}

void JobRuns::try_again(const std::string& address) {
    auto* found = jobs_.find(address);
    if (!found) return;
    auto& job = *found;
    job.again = {};
    for (std::uint32_t i = 0; i < job.devices.size(); ++i) on_return(address, i);
    try_again_later(job);
}

void JobRuns::on_return(const std::string& address, std::uint32_t device) {
    auto* job = jobs_.find(address);
    if (!job || job->is_over() || device >= job->devices.size()) return;
    const auto& back = job->devices[device];
    if (back.state != DeviceState::unreachable || !job->may_try_again(back)) return;
    job->move(device, DeviceState::waiting, 0, context_.wall());
    pace_.wake(*job, context_.loop.now());
}

void JobRuns::look_for_end(Job& job) {
    if (job.is_over() || job.count(DeviceState::waiting) > 0 || job.count(DeviceState::sent) > 0)
        return;
    if (context_.wall() < job.retry_until && job.has_hope()) return;
    end(job, JobState::finished);
    rows_.put(job, nullptr);
}

void JobRuns::end(Job& job, JobState state) {
    job.state = state;
    job.ended = context_.wall();
    job.disarm(context_.loop.timers());
    job.queue.clear();
    if (job.count(DeviceState::unreachable) > 0 || job.count(DeviceState::sent) > 0)
        lookout_.let_go(job);
    cancel_waiting(job);
    base::log_info("job.ended", {{"id", job.id},
                                 {"state", name_of(state)},
                                 {"delivered", job.count(DeviceState::delivered)},
                                 {"devices", job.devices.size()}});
    rows_.save(job);
    keep_until_due(job);
}

void JobRuns::cancel_waiting(Job& job) {
    for (std::uint32_t i = 0; i < job.devices.size(); ++i) {
        if (job.devices[i].state != DeviceState::waiting) continue;
        job.move(i, DeviceState::cancelled, 0, job.ended);
        outcome(DeviceState::cancelled).add();
    }
}

/// Effects are waited for meanwhile, as long as they may be seen.
void JobRuns::keep_until_due(Job& job) {
    const auto due = job.ended + std::chrono::seconds(context_.config.provisioning_keep);
    const auto seen_until = job.ended + kEffectWithin;
    const bool is_watched = context_.wall() < seen_until && seen_until < due;
    const auto left =
        std::max<base::Duration>((is_watched ? seen_until : due) - context_.wall(), kSoon);
    job.end = context_.loop.timers().arm(context_.loop.now() + left,
                                         [this, address = job.address, is_watched] {
                                             auto* found = jobs_.find(address);
                                             if (!is_watched || !found) return drop(address);
                                             lookout_.abandon(*found);
                                             keep_until_due(*found);
                                         });
}

void JobRuns::drop(const std::string& address) {
    const auto* job = jobs_.find(address);
    if (!job) return;
    lookout_.abandon(*job);
    rows_.remove(*job);
    jobs_.remove(address);
}

}  // namespace herald::server
