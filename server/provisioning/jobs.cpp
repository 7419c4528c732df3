// server/provisioning/jobs.cpp: the jobs of one shard: started, paced, kept in the store, ended.
#include "server/provisioning/jobs.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "server/publish/publications.h"

namespace herald::server {

namespace {

/// Sent and not answered, of one job: those after them wait.
constexpr std::uint32_t kMostUnderWay = 20000;
/// At least this far apart are two turns of a job that sends many a second.
constexpr auto kTurn = std::chrono::milliseconds(10);
constexpr auto kMostLate = std::chrono::milliseconds(100);

/// After a start: whether all its rows could be read.
bool is_whole(const Job& job) {
    return job.is_known &&
           std::all_of(job.devices.begin(), job.devices.end(),
                       [&](const JobDevice& device) { return device.model < job.models.size(); });
}

Fault no_such_job() {
    return {FaultKind::not_found, "There is no such job"};
}

}  // namespace

Jobs::Jobs(Context& context)
    : context_(context), rows_(context, [this](const std::string& address) {
          const auto found = jobs_.find(address);
          return found == jobs_.end() ? nullptr : found->second.get();
      }) {
    for (auto i = static_cast<std::size_t>(DeviceState::delivered); i < kDeviceStates; ++i) {
        outcomes_[i] = &context.metrics.counter(
            "herald_provisioning_devices_total", "Devices of jobs, by what became of them",
            {{"outcome", std::string(name_of(static_cast<DeviceState>(i)))}});
    }
}

JobLoad Jobs::load() const noexcept {
    JobLoad load{jobs_.size(), 0};
    for (const auto& [address, job] : jobs_) load.devices += job->devices.size();
    return load;
}

/// The oldest of those that are over gives way.
void Jobs::make_room() {
    if (jobs_.size() < context_.config.provisioning_max_jobs) return;
    const Job* oldest = nullptr;
    for (const auto& [address, job] : jobs_) {
        if (job->is_over() && (!oldest || job->id < oldest->id)) oldest = job.get();
    }
    if (oldest) drop(std::string(oldest->address));
}

void Jobs::start(JobOrder order, Done done) {
    make_room();
    if (auto refused = check(order, load(), context_.config); !refused) return done(refused);
    auto made = job_of(std::move(order), context_);
    if (!made) return done(made.fault());
    auto job = *std::move(made);
    const auto& rows = *job;
    rows_.put_all(
        rows, [this, job = std::move(job), done = std::move(done)](store::Outcome outcome) mutable {
            if (auto status = status_of(outcome); !status) return done(status);
            base::log_info(
                "job.started",
                {{"id", job->id}, {"action", job->action}, {"devices", job->devices.size()}});
            auto& place = *(jobs_[job->address] = std::move(job));
            begin(place);
            done({});
        });
}

/// All that is not kept is made from what is.
void Jobs::begin(Job& job) {
    job.is_known = true;
    job.counts = {};
    job.queue.clear();
    for (std::uint32_t i = 0; i < job.devices.size(); ++i) {
        auto& device = job.devices[i];
        if (device.state == DeviceState::waiting && job.state == JobState::cancelled)
            device.state = DeviceState::cancelled;
        ++job.counts[static_cast<std::size_t>(device.state)];
        if (device.state == DeviceState::waiting) job.queue.push_back(i);
        if (job.is_over() || device.state != DeviceState::unreachable) continue;
        const std::string aor(device.aor());
        context_.peers.post<DeviceRequests>(
            aor, [aor, ticket = DeviceTicket{job.address, i}](DeviceRequests& owner) {
                owner.wait_for(aor, ticket);
            });
    }
    if (job.is_over()) return keep_until_due(job);
    const auto left = std::max<base::Duration>(job.retry_until - context_.wall(), kTurn);
    job.end = context_.loop.timers().arm(context_.loop.now() + left, [this, address = job.address] {
        const auto found = jobs_.find(address);
        if (found == jobs_.end()) return;
        found->second->end = {};
        look_for_end(*found->second);
    });
    job.next_at = context_.loop.now() +
                  std::max<base::Duration>(job.start_at - context_.wall(), base::Duration::zero());
    wake(job, context_.loop.now());
    look_for_end(job);
}

void Jobs::wake(Job& job, base::Instant earliest) {
    if (job.pace || job.queue.empty() || job.state != JobState::running) return;
    const auto due = std::max(job.next_at, earliest);
    job.pace = context_.loop.timers().arm(due, [this, address = job.address] { pace(address); });
}

void Jobs::pace(const std::string& address) {
    const auto found = jobs_.find(address);
    if (found == jobs_.end()) return;
    auto& job = *found->second;
    job.pace = {};
    const auto now = context_.loop.now();
    const auto apart = base::Duration(std::chrono::seconds(1)) / job.rate;
    // What could not be sent in time is not made up for.
    job.next_at = std::max(job.next_at, now - kMostLate);
    while (job.state == JobState::running && !job.queue.empty() && job.next_at <= now &&
           job.count(DeviceState::sent) < kMostUnderWay) {
        const auto device = job.queue.front();
        job.queue.pop_front();
        job.next_at += apart;
        dispatch(job, device);
    }
    wake(job, now + kTurn);
}

void Jobs::dispatch(Job& job, std::uint32_t index) {
    job.move(index, DeviceState::sent, 0, context_.wall());
    const auto& device = job.devices[index];
    DeviceRequest request{.ticket = {job.address, index},
                          .aor = std::string(device.aor()),
                          .contact = std::string(device.contact()),
                          .instance = std::string(device.instance()),
                          .notice = job.models[device.model].notice};
    const auto aor = request.aor;
    context_.peers.post<DeviceRequests>(
        aor,
        [peers = &context_.peers, request = std::move(request)](DeviceRequests& owner) mutable {
            const auto ticket = request.ticket;
            owner.send(std::move(request), [peers, ticket](const DeviceReport& report) {
                peers->post<Jobs>(ticket.job, [ticket, report](Jobs& jobs) {
                    jobs.on_report(ticket.job, ticket.device, report);
                });
            });
        });
}

void Jobs::on_report(const std::string& address, std::uint32_t device, const DeviceReport& report) {
    const auto found = jobs_.find(address);
    if (found == jobs_.end()) return;
    auto& job = *found->second;
    if (device >= job.devices.size() || job.devices[device].state != DeviceState::sent) return;
    const auto state = state_of(report.verdict);
    job.move(device, state, report.status, context_.wall());
    outcomes_[static_cast<std::size_t>(state)]->add();
    rows_.save(job);
    wake(job, context_.loop.now());
    look_for_end(job);
    // Those that were under way when it was cancelled may be waited for by now.
    if (job.is_over() && job.count(DeviceState::sent) == 0) let_go(job);
}

void Jobs::on_return(const std::string& address, std::uint32_t device) {
    const auto found = jobs_.find(address);
    if (found == jobs_.end()) return;
    auto& job = *found->second;
    if (job.is_over() || device >= job.devices.size()) return;
    if (job.devices[device].state != DeviceState::unreachable) return;
    job.move(device, DeviceState::waiting, 0, context_.wall());
    wake(job, context_.loop.now());
}

void Jobs::look_for_end(Job& job) {
    if (job.is_over() || job.count(DeviceState::waiting) > 0 || job.count(DeviceState::sent) > 0)
        return;
    if (job.count(DeviceState::unreachable) > 0 && context_.wall() < job.retry_until) return;
    end(job, JobState::finished);
    rows_.put(job, nullptr);
}

void Jobs::end(Job& job, JobState state) {
    job.state = state;
    job.ended = context_.wall();
    disarm(job);
    job.queue.clear();
    if (job.count(DeviceState::unreachable) > 0 || job.count(DeviceState::sent) > 0) let_go(job);
    for (std::uint32_t i = 0; i < job.devices.size(); ++i) {
        if (job.devices[i].state != DeviceState::waiting) continue;
        job.move(i, DeviceState::cancelled, 0, job.ended);
        outcomes_[static_cast<std::size_t>(DeviceState::cancelled)]->add();
    }
    base::log_info("job.ended", {{"id", job.id},
                                 {"state", name_of(state)},
                                 {"delivered", job.count(DeviceState::delivered)},
                                 {"devices", job.devices.size()}});
    rows_.save(job);
    keep_until_due(job);
}

/// Nobody is waited for any more.
void Jobs::let_go(Job& job) {
    const auto abandon = [address = job.address](DeviceRequests& owner) { owner.abandon(address); };
    context_.peers.post<DeviceRequests>(job.address, abandon);
    context_.peers.post_to_others<DeviceRequests>(context_.shard, abandon);
}

void Jobs::keep_until_due(Job& job) {
    const auto due = job.ended + std::chrono::seconds(context_.config.provisioning_keep);
    const auto left = std::max<base::Duration>(due - context_.wall(), kTurn);
    job.end = context_.loop.timers().arm(context_.loop.now() + left,
                                         [this, address = job.address] { drop(address); });
}

void Jobs::drop(const std::string& address) {
    const auto found = jobs_.find(address);
    if (found == jobs_.end()) return;
    auto& job = *found->second;
    disarm(job);
    rows_.remove(job);
    jobs_.erase(found);
}

void Jobs::disarm(Job& job) {
    for (auto* timer : {&job.pace, &job.end, &job.retry}) context_.loop.timers().cancel(*timer);
}

void Jobs::change(const std::string& address, JobState state, Done done) {
    const auto found = jobs_.find(address);
    if (found == jobs_.end()) return done(no_such_job());
    auto& job = *found->second;
    if (job.is_over()) {
        return done(Fault{FaultKind::conflict, "The job is " + std::string(name_of(job.state))});
    }
    if (job.state == state) return done({});
    Job wanted;
    wanted.id = job.id;
    wanted.address = job.address;
    wanted.action = job.action;
    wanted.state = state;
    wanted.rate = job.rate;
    wanted.created = job.created;
    wanted.start_at = job.start_at;
    wanted.retry_until = job.retry_until;
    wanted.models = job.models;
    if (state == JobState::cancelled) wanted.ended = context_.wall();
    rows_.put(wanted,
              [this, address, state, done = std::move(done)](store::Outcome outcome) mutable {
                  const auto again = jobs_.find(address);
                  if (again == jobs_.end()) return done(no_such_job());
                  if (auto status = status_of(outcome); !status) return done(status);
                  auto& changed = *again->second;
                  if (changed.is_over()) return done({});
                  if (state == JobState::cancelled) {
                      end(changed, state);
                  } else {
                      changed.state = state;
                      changed.next_at = std::max(changed.next_at, context_.loop.now());
                      wake(changed, context_.loop.now());
                  }
                  done({});
              });
}

const Job* Jobs::find(const std::string& address) const {
    const auto found = jobs_.find(address);
    return found == jobs_.end() || !found->second->is_known ? nullptr : found->second.get();
}

void Jobs::for_each(const std::function<void(const Job&)>& visit) const {
    for (const auto& [address, job] : jobs_) visit(*job);
}

bool Jobs::takes(const store::Publication& row) const {
    return !row.is_removed && (row.type == kJobType || row.type == kJobDeviceType);
}

void Jobs::recover(store::Publication row, base::WallTime /*not_before*/) {
    auto& place = jobs_[row.aor];
    if (!place) place = std::make_unique<Job>();
    auto& job = *place;
    job.address = row.aor;
    if (row.type == kJobType) {
        job.id = row.id;
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

void Jobs::resume() {
    std::vector<std::string> broken;
    for (auto& [address, job] : jobs_) {
        auto& devices = job->devices;
        std::sort(devices.begin(), devices.end(),
                  [](const JobDevice& a, const JobDevice& b) { return a.row < b.row; });
        if (!is_whole(*job)) broken.push_back(address);
    }
    for (const auto& address : broken) drop(address);
    for (auto& [address, job] : jobs_) begin(*job);
}

void Jobs::forget(Cell cell) {
    std::erase_if(jobs_, [&](auto& entry) {
        if (context_.cell_of(entry.first) != cell) return false;
        disarm(*entry.second);
        return true;
    });
}

}  // namespace herald::server
