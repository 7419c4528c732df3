// server/provisioning/jobs.cpp: the jobs of one shard: started, paced, kept in the store, ended.
#include "server/provisioning/jobs.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/log.h"
#include "server/publish/publications.h"

namespace herald::server {

namespace {

constexpr std::string_view kPackage = "provisioning";
/// Sent and not answered, of one job: those after them wait.
constexpr std::uint32_t kMostUnderWay = 20000;
/// At least this far apart are two turns of a job that sends many a second.
constexpr auto kTurn = std::chrono::milliseconds(10);
constexpr auto kMostLate = std::chrono::milliseconds(100);
/// Devices written by one commit.
constexpr std::size_t kMostSaved = 1000;
/// A store that is busy or away is asked again.
constexpr auto kRetry = std::chrono::seconds(2);
constexpr std::size_t kLongestUserAgent = 200;

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

Jobs::Jobs(Context& context) : context_(context) {
    for (auto i = static_cast<std::size_t>(DeviceState::delivered); i < kDeviceStates; ++i) {
        outcomes_[i] = &context.metrics.counter(
            "herald_provisioning_devices_total", "Devices of jobs, by what became of them",
            {{"outcome", std::string(name_of(static_cast<DeviceState>(i)))}});
    }
}

std::size_t Jobs::devices() const noexcept {
    std::size_t all = 0;
    for (const auto& [address, job] : jobs_) all += job->devices.size();
    return all;
}

Status Jobs::check(const JobOrder& order) const {
    const auto& config = context_.config;
    const auto count = order.devices.size();
    const bool is_anybody_there =
        std::any_of(order.devices.begin(), order.devices.end(),
                    [](const FoundDevice& device) { return !device.contact.empty(); });
    if (!is_anybody_there)
        return Fault{FaultKind::not_found, "No registered device is among those selected"};
    if (count > config.provisioning_confirm_above && order.confirm != count) {
        return Fault{FaultKind::conflict,
                     "This tells " + std::to_string(count) +
                         " devices: if that is meant, say \"confirm\": " + std::to_string(count)};
    }
    if (devices() + count > config.provisioning_max_devices) {
        return Fault{FaultKind::limit_reached,
                     "Jobs hold " + std::to_string(devices()) +
                         " devices already; provisioning.max_devices is the limit"};
    }
    if (jobs_.size() >= config.provisioning_max_jobs)
        return Fault{FaultKind::limit_reached,
                     "provisioning.max_jobs jobs are under way; cancel one"};
    return {};
}

/// With what each device is told. Faults: malformed, where no recipe says how.
Result<Jobs::Place> Jobs::made_of(JobOrder& order) const {
    const auto& config = context_.config;
    auto job = std::make_unique<Job>();
    job->id = order.id;
    job->address = address_of_job(order.id);
    job->action = order.action;
    job->rate = order.rate == 0 ? config.provisioning_rate : order.rate;
    job->created = context_.wall();
    job->start_at = std::max(job->created, order.start_at);
    job->retry_until =
        job->start_at + std::chrono::seconds(order.retry_for == 0 ? config.provisioning_retry_for
                                                                  : order.retry_for);
    const auto custom = std::make_shared<const DeviceNotice>(std::move(order.custom));
    base::TextMap<std::uint32_t> models;
    std::map<const Recipe*, std::shared_ptr<const DeviceNotice>> notices;
    for (auto& found : order.devices) {
        if (found.user_agent.size() > kLongestUserAgent) found.user_agent.resize(kLongestUserAgent);
        const auto [model, is_new] =
            models.try_emplace(found.user_agent, static_cast<std::uint32_t>(job->models.size()));
        if (is_new && order.action == "custom") {
            job->models.push_back({found.user_agent, custom});
        } else if (is_new) {
            const auto* recipe =
                recipe_for(config.provisioning_recipes, order.action, found.user_agent);
            if (!recipe) {
                return Fault{FaultKind::malformed, "No recipe says how \"" + found.user_agent +
                                                       "\" is told to " + order.action};
            }
            auto& notice = notices[recipe];
            if (!notice)
                notice = std::make_shared<const DeviceNotice>(
                    DeviceNotice{recipe->event, recipe->type, recipe->body});
            job->models.push_back({found.user_agent, notice});
        }
        JobDevice device;
        device.row = context_.next_id();
        device.where = place_of_device(found.aor, found.contact, found.instance);
        device.model = model->second;
        device.at = job->created;
        job->devices.push_back(std::move(device));
    }
    return job;
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
    if (auto refused = check(order); !refused) return done(refused);
    auto made = made_of(order);
    if (!made) return done(made.fault());
    auto job = *std::move(made);
    store::ChangePublications rows;
    rows.changes.emplace_back(row_of(*job));
    for (const auto& device : job->devices) rows.changes.emplace_back(row_of(*job, device));
    context_.port.commit(std::move(rows), [this, job = std::move(job),
                                           done = std::move(done)](store::Outcome outcome) mutable {
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
    save(job);
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
    save_job(job, nullptr);
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
    save(job);
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
    store::ChangePublications rows;
    if (job.id != 0) rows.changes.emplace_back(store::RemovePublication{job.id, {}, {}, {}});
    for (const auto& device : job.devices)
        rows.changes.emplace_back(store::RemovePublication{device.row, {}, {}, {}});
    // Rows that stay for once are read, and dropped, at the next start.
    context_.port.commit(std::move(rows), nullptr);
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
    save_job(wanted,
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

store::PutPublication Jobs::row_of(const Job& job) const {
    store::PutPublication put;
    put.row.id = job.id;
    put.row.package = kPackage;
    put.row.aor = job.address;
    put.row.entity_tag = "job";
    put.row.source = "job";
    put.row.arrived = job.created;
    put.row.type = kJobType;
    put.row.body = to_text(job);
    return put;
}

store::PutPublication Jobs::row_of(const Job& job, const JobDevice& device) const {
    store::PutPublication put;
    put.row.id = device.row;
    put.row.package = kPackage;
    put.row.aor = job.address;
    put.row.entity_tag = "device";
    put.row.source = "device";
    put.row.arrived = device.at;
    put.row.type = kJobDeviceType;
    put.row.body = to_text(device);
    return put;
}

void Jobs::save_job(const Job& job, base::Task<void(store::Outcome)> done) {
    context_.port.commit(row_of(job), std::move(done));
}

/// One commit at a time: what changes meanwhile shares the next one.
void Jobs::save(Job& job) {
    if (job.is_saving || job.unsaved.empty()) return;
    const auto count = std::min(job.unsaved.size(), kMostSaved);
    const auto end = job.unsaved.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<std::uint32_t> saved(job.unsaved.begin(), end);
    job.unsaved.erase(job.unsaved.begin(), end);
    store::ChangePublications rows;
    for (const auto device : saved) {
        job.devices[device].is_unsaved = false;
        rows.changes.emplace_back(row_of(job, job.devices[device]));
    }
    job.is_saving = true;
    context_.port.commit(std::move(rows),
                         [this, address = job.address, saved = std::move(saved)](
                             store::Outcome outcome) { on_saved(address, saved, outcome); });
}

/// The same rows once more are never wrong, whatever became of them.
void Jobs::on_saved(const std::string& address, const std::vector<std::uint32_t>& devices,
                    store::Outcome outcome) {
    const auto found = jobs_.find(address);
    if (found == jobs_.end()) return;
    auto& job = *found->second;
    job.is_saving = false;
    if (outcome == store::Outcome::committed) return save(job);
    for (const auto device : devices) {
        if (std::exchange(job.devices[device].is_unsaved, true)) continue;
        job.unsaved.push_back(device);
    }
    context_.loop.timers().cancel(job.retry);
    job.retry = context_.loop.timers().arm(context_.loop.now() + kRetry, [this, address] {
        const auto again = jobs_.find(address);
        if (again != jobs_.end()) save(*again->second);
    });
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
