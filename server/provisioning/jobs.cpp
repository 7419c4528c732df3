// server/provisioning/jobs.cpp: the jobs of one shard: started, paced, kept in the store, ended.
#include "server/provisioning/jobs.h"

#include <algorithm>
#include <utility>

#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "server/provisioning/known_devices.h"
#include "server/publish/publications.h"

namespace herald::server {

namespace {

/// Devices that are looked at in one turn after a start.
constexpr std::uint32_t kMostAtOnce = 256;
/// Sent and not answered, of one job: those after them wait.
constexpr std::uint32_t kMostUnderWay = 20000;
/// At least this far apart are two turns of a job that sends many a second.
constexpr auto kTurn = std::chrono::milliseconds(10);
/// Orders about one job.
constexpr std::size_t kMostWaiting = 64;
constexpr auto kMostLate = std::chrono::milliseconds(100);
/// What a device does later it does for another reason.
constexpr auto kEffectWithin = std::chrono::hours(1);
/// Between two looks whether its cell is served again.
constexpr auto kRest = std::chrono::milliseconds(100);
/// The clock on the wall may be put forward or back while a job waits for its hours.
constexpr base::Duration kLongestNap = std::chrono::minutes(10);

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
    : context_(context),
      rows_(context,
            [this](const std::string& address) {
                const auto found = jobs_.find(address);
                return found == jobs_.end() ? nullptr : found->second.get();
            }),
      effects_(
          context.metrics.counter("herald_provisioning_effects_total",
                                  "Devices of jobs that were seen to do what they were told")) {
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
            if (outcome == store::Outcome::unknown) rows_.take_back(*job);
            if (auto status = status_of(outcome); !status) return done(status);
            base::log_info(
                "job.started",
                {{"id", job->id}, {"action", job->action}, {"devices", job->devices.size()}});
            auto& place = *(jobs_[job->address] = std::move(job));
            begin(place);
            done({});
        });
}

/// The job was written as finished, and the server crashed before the last of its devices was.
void Jobs::reopen(Job& job) {
    const bool is_cut_short =
        job.state == JobState::finished &&
        std::any_of(job.devices.begin(), job.devices.end(),
                    [](const JobDevice& device) { return device.state == DeviceState::waiting; });
    if (!is_cut_short) return;
    job.state = JobState::running;
    job.ended = {};
}

/// All that is not kept is made from what is.
void Jobs::begin(Job& job) {
    job.is_known = true;
    job.counts = {};
    job.effective = 0;
    job.queue.clear();
    for (std::uint32_t i = 0; i < job.devices.size(); ++i) {
        auto& device = job.devices[i];
        if (device.state == DeviceState::waiting && job.state == JobState::cancelled)
            device.state = DeviceState::cancelled;
        ++job.counts[static_cast<std::size_t>(device.state)];
        if (device.effective_at != base::WallTime{}) ++job.effective;
        if (device.state == DeviceState::waiting) job.queue.push_back(i);
        await_return(job, i);
    }
    await_from(job.address, 0);
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
    try_again_later(job);
    look_for_end(job);
}

void Jobs::wake(Job& job, base::Instant earliest) {
    if (job.pace || job.queue.empty() || job.state != JobState::running) return;
    const auto nap = std::min(until_open(job.window, context_.wall()), kLongestNap);
    const auto due = std::max({job.next_at, earliest, context_.loop.now() + nap});
    job.pace = context_.loop.timers().arm(due, [this, address = job.address] { pace(address); });
}

void Jobs::pace(const std::string& address) {
    const auto found = jobs_.find(address);
    if (found == jobs_.end()) return;
    auto& job = *found->second;
    job.pace = {};
    const auto now = context_.loop.now();
    if (context_.is_at_rest(address)) return wake(job, now + kRest);
    if (until_open(job.window, context_.wall()) > base::Duration::zero()) return wake(job, now);
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

/// The name of an attempt is the same when it is made again after a crash.
DeviceRequest Jobs::request_for(const Job& job, std::uint32_t index) const {
    const auto& device = job.devices[index];
    const auto name = std::to_string(device.row) + " " + std::to_string(device.attempts);
    const auto hash = [&](const char* what) {
        const auto number = base::keyed_hash(context_.home.bucket_key, what + name);
        return base::to_hex({reinterpret_cast<const char*>(&number), sizeof number});
    };
    return {.ticket = {job.id, index},
            .aor = std::string(device.where.aor()),
            .contact = std::string(device.where.contact()),
            .instance = std::string(device.where.instance()),
            .notice = job.models[device.model].notice,
            .call_id = hash("call ") + hash("attempt "),
            .tag = hash("tag "),
            .is_repeat = device.is_repeat};
}

void Jobs::dispatch(Job& job, std::uint32_t index) {
    job.move(index, DeviceState::sent, 0, context_.wall());
    auto request = request_for(job, index);
    job.devices[index].is_repeat = false;
    const auto aor = request.aor;
    context_.peers.post<DeviceRequests>(
        aor, [peers = &context_.peers, address = job.address,
              request = std::move(request)](DeviceRequests& owner) mutable {
            const auto device = request.ticket.device;
            owner.send(std::move(request), [peers, address, device](const DeviceReport& report) {
                peers->post<Jobs>(address, [address, device, report](Jobs& jobs) {
                    jobs.on_report(address, device, report);
                });
            });
        });
}

/// What can be seen of it: a start, by the device's next registration; a fetch.
void Jobs::await_effect(const Job& job, std::uint32_t index) {
    const auto& device = job.devices[index];
    const auto& where = device.where;
    auto key = key_of_device(where.aor(), where.contact(), where.instance(),
                             job.models[device.model].user_agent);
    const AwaitedFetch fetch{job.id, index};
    const auto owner = address_of_device(key);
    context_.peers.post<KnownDevices>(owner, [key = std::move(key), fetch](KnownDevices& known) {
        known.await_fetch(key, fetch);
    });
    const std::string aor(where.aor());
    context_.peers.post<DeviceRequests>(
        aor, [place = DevicePlace(where.text()), ticket = DeviceTicket{job.id, index}](
                 DeviceRequests& devices) { devices.wait_for_start(place, ticket); });
}

/// What is waited for of a device.
void Jobs::await(const Job& job, std::uint32_t index) {
    const auto& device = job.devices[index];
    await_return(job, index);
    const bool is_awaited = device.state == DeviceState::delivered &&
                            device.effective_at == base::WallTime{} &&
                            context_.wall() - device.at <= kEffectWithin;
    if (is_awaited) await_effect(job, index);
}

void Jobs::await_return(const Job& job, std::uint32_t index) {
    const auto& device = job.devices[index];
    if (job.is_over() || device.state != DeviceState::unreachable) return;
    const std::string aor(device.where.aor());
    context_.peers.post<DeviceRequests>(
        aor, [aor, ticket = DeviceTicket{job.id, index}](DeviceRequests& owner) {
            owner.wait_for(aor, ticket);
        });
}

/// After a start, some at a time: of what all of them are, posts and all, much would stay behind.
void Jobs::await_from(const std::string& address, std::uint32_t first) {
    const auto found = jobs_.find(address);
    if (found == jobs_.end()) return;
    const auto& job = *found->second;
    const auto now = context_.wall();
    auto i = first;
    for (const auto end = first + kMostAtOnce; i < job.devices.size() && i < end; ++i) {
        const auto& device = job.devices[i];
        const bool is_awaited = device.state == DeviceState::delivered &&
                                device.effective_at == base::WallTime{} &&
                                now - device.at <= kEffectWithin;
        if (is_awaited) await_effect(job, i);
    }
    if (i < job.devices.size()) context_.loop.post([this, address, i] { await_from(address, i); });
}

void Jobs::on_report(const std::string& address, std::uint32_t device, const DeviceReport& report) {
    const auto found = jobs_.find(address);
    if (found == jobs_.end()) return;
    auto& job = *found->second;
    if (device >= job.devices.size() || job.devices[device].state != DeviceState::sent) return;
    const auto state = state_of(report.verdict);
    job.move(device, state, report.status, context_.wall());
    outcomes_[static_cast<std::size_t>(state)]->add();
    if (state == DeviceState::delivered) await_effect(job, device);
    rows_.save(job);
    wake(job, context_.loop.now());
    try_again_later(job);
    look_for_end(job);
    // Those that were under way when it was cancelled may be waited for by now.
    if (job.is_over() && job.count(DeviceState::sent) == 0) let_go(job);
}

void Jobs::on_effect(const std::string& address, std::uint32_t device) {
    const auto found = jobs_.find(address);
    if (found == jobs_.end()) return;
    auto& job = *found->second;
    if (device >= job.devices.size()) return;
    auto& told = job.devices[device];
    if (told.state != DeviceState::delivered || told.effective_at != base::WallTime{}) return;
    const auto now = context_.wall();
    if (now - told.at > kEffectWithin) return;
    told.effective_at = now;
    ++job.effective;
    effects_.add();
    job.mark(device);
    rows_.save(job);
}

/// Unreachable devices that need not register first, at intervals.
void Jobs::try_again_later(Job& job) {
    if (job.again || job.retry_every == 0 || job.is_over()) return;
    if (job.count(DeviceState::unreachable) == 0) return;
    job.again =
        context_.loop.timers().arm(context_.loop.now() + std::chrono::seconds(job.retry_every),
                                   [this, address = job.address] { try_again(address); });
}

void Jobs::try_again(const std::string& address) {
    const auto found = jobs_.find(address);
    if (found == jobs_.end()) return;
    auto& job = *found->second;
    job.again = {};
    for (std::uint32_t i = 0; i < job.devices.size(); ++i) on_return(address, i);
    try_again_later(job);
}

void Jobs::on_return(const std::string& address, std::uint32_t device) {
    const auto found = jobs_.find(address);
    if (found == jobs_.end()) return;
    auto& job = *found->second;
    if (job.is_over() || device >= job.devices.size()) return;
    const auto& back = job.devices[device];
    if (back.state != DeviceState::unreachable || !job.may_try_again(back)) return;
    job.move(device, DeviceState::waiting, 0, context_.wall());
    wake(job, context_.loop.now());
}

void Jobs::look_for_end(Job& job) {
    if (job.is_over() || job.count(DeviceState::waiting) > 0 || job.count(DeviceState::sent) > 0)
        return;
    if (context_.wall() < job.retry_until && job.has_hope()) return;
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

/// Who did not answer is not waited for any more.
void Jobs::let_go(const Job& job) {
    const auto work = [id = job.id](DeviceRequests& owner) { owner.let_go(id); };
    context_.peers.post<DeviceRequests>(job.address, work);
    context_.peers.post_to_others<DeviceRequests>(context_.peers.owner_of(job.address), work);
}

/// Nothing is waited for any more, effects neither.
void Jobs::abandon(const Job& job) {
    const auto requests = [id = job.id](DeviceRequests& owner) { owner.abandon(id); };
    const auto fetches = [id = job.id](KnownDevices& owner) { owner.abandon(id); };
    const auto owner = context_.peers.owner_of(job.address);
    context_.peers.post<DeviceRequests>(job.address, requests);
    context_.peers.post_to_others<DeviceRequests>(owner, requests);
    context_.peers.post<KnownDevices>(job.address, fetches);
    context_.peers.post_to_others<KnownDevices>(owner, fetches);
}

void Jobs::keep_until_due(Job& job) {
    const auto due = job.ended + std::chrono::seconds(context_.config.provisioning_keep);
    const auto seen_until = job.ended + kEffectWithin;
    const bool is_watched = context_.wall() < seen_until && seen_until < due;
    const auto left =
        std::max<base::Duration>((is_watched ? seen_until : due) - context_.wall(), kTurn);
    job.end = context_.loop.timers().arm(context_.loop.now() + left,
                                         [this, address = job.address, is_watched] {
                                             const auto found = jobs_.find(address);
                                             if (!is_watched || found == jobs_.end())
                                                 return drop(address);
                                             abandon(*found->second);
                                             keep_until_due(*found->second);
                                         });
}

void Jobs::drop(const std::string& address) {
    const auto found = jobs_.find(address);
    if (found == jobs_.end()) return;
    auto& job = *found->second;
    disarm(job);
    abandon(job);
    rows_.remove(job);
    jobs_.erase(found);
}

void Jobs::disarm(Job& job) {
    for (auto* timer : {&job.pace, &job.end, &job.save, &job.again})
        context_.loop.timers().cancel(*timer);
}

/// One after the other, as each is decided from what the one before made.
void Jobs::change(const std::string& address, JobState state, Done done) {
    if (const auto under_way = changing_.find(address); under_way != changing_.end()) {
        auto& waiting = under_way->second;
        if (waiting.size() >= kMostWaiting)
            return done(Fault{FaultKind::unavailable, "Busy; try again"});
        waiting.emplace_back([this, address, state, done = std::move(done)]() mutable {
            change(address, state, std::move(done));
        });
        return;
    }
    change_now(address, state, std::move(done));
}

void Jobs::change_now(const std::string& address, JobState state, Done done) {
    const auto found = jobs_.find(address);
    if (found == jobs_.end()) return done(no_such_job());
    auto& job = *found->second;
    if (job.is_over()) {
        return done(Fault{FaultKind::conflict, "The job is " + std::string(name_of(job.state))});
    }
    if (job.state == state) return done({});
    Job wanted;
    static_cast<JobHead&>(wanted) = job;
    wanted.state = state;
    if (state == JobState::cancelled) wanted.ended = context_.wall();
    changing_[address];
    rows_.put(wanted,
              [this, address, state, done = std::move(done)](store::Outcome outcome) mutable {
                  if (outcome == store::Outcome::committed) apply_change(address, state);
                  if (auto told = std::exchange(done, nullptr)) told(status_of(outcome));
                  if (outcome != store::Outcome::unknown) take_next(address);
              });
}

void Jobs::apply_change(const std::string& address, JobState state) {
    const auto found = jobs_.find(address);
    if (found == jobs_.end() || found->second->is_over()) return;
    auto& job = *found->second;
    if (state == JobState::cancelled) return end(job, state);
    job.state = state;
    job.next_at = std::max(job.next_at, context_.loop.now());
    wake(job, context_.loop.now());
}

void Jobs::take_next(const std::string& address) {
    const auto found = changing_.find(address);
    auto waiting = std::move(found->second);
    changing_.erase(found);
    for (auto& work : waiting) work();
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

/// Devices of a cell that was loaded: nobody there knows any more that they are waited for.
void Jobs::await_again(const std::string& address, Cell cell, std::uint32_t first) {
    const auto found = jobs_.find(address);
    if (found == jobs_.end()) return;
    const auto& job = *found->second;
    auto i = first;
    for (const auto end = first + kMostAtOnce; i < job.devices.size() && i < end; ++i) {
        const auto& device = job.devices[i];
        const auto& where = device.where;
        const bool is_there = context_.cell_of(where.aor()) == cell ||
                              context_.cell_of(address_of_device(
                                  key_of_device(where.aor(), where.contact(), where.instance(),
                                                job.models[device.model].user_agent))) == cell;
        if (is_there) await(job, i);
    }
    if (i < job.devices.size())
        context_.loop.post([this, address, cell, i] { await_again(address, cell, i); });
}

void Jobs::resume(const Cells& cells) {
    std::vector<std::string> broken;
    for (auto& [address, job] : jobs_) {
        if (!context_.is_in(cells, address)) continue;
        auto& devices = job->devices;
        devices.shrink_to_fit();
        std::sort(devices.begin(), devices.end(),
                  [](const JobDevice& a, const JobDevice& b) { return a.row < b.row; });
        if (!is_whole(*job)) broken.push_back(address);
    }
    for (const auto& address : broken) drop(address);
    for (auto& [address, job] : jobs_) {
        if (!context_.is_in(cells, address)) continue;
        reopen(*job);
        for (auto& device : job->devices) device.is_repeat = device.state == DeviceState::waiting;
        begin(*job);
    }
    if (!cells.one) return;
    for (const auto& [address, job] : jobs_) {
        if (!context_.is_in(cells, address)) await_again(address, *cells.one, 0);
    }
}

/// What became of its devices is written a moment later; nobody is told twice.
bool Jobs::has_changes(Cell cell) const {
    const auto is_in = [&](const auto& entry) { return context_.cell_of(entry.first) == cell; };
    return std::any_of(changing_.begin(), changing_.end(), is_in) ||
           std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& entry) {
               const auto& job = *entry.second;
               return is_in(entry) && (job.save || job.is_saving || !job.unsaved.empty());
           });
}

bool Jobs::has_flights(Cell cell) const {
    return std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& entry) {
        return context_.cell_of(entry.first) == cell && entry.second->count(DeviceState::sent) > 0;
    });
}

void Jobs::forget(Cell cell) {
    std::erase_if(jobs_, [&](auto& entry) {
        if (context_.cell_of(entry.first) != cell) return false;
        disarm(*entry.second);
        return true;
    });
}

}  // namespace herald::server
