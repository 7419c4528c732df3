// server/admin/admin_jobs.cpp: provisioning jobs as an operator starts, watches and ends them.
#include "server/admin/admin_jobs.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "server/admin/admin_page.h"
#include "server/provisioning/device_selection.h"
#include "server/shard/agents.h"

namespace herald::server {

namespace {

JobInfo job_info(const Job& job) {
    JobInfo info;
    info.id = std::to_string(job.id);
    info.action = job.action;
    info.state = name_of(job.state);
    info.rate = job.rate;
    info.most_attempts = job.most_attempts;
    info.retry_every = job.retry_every;
    info.window = to_string(job.window);
    info.created = job.created;
    info.start_at = job.start_at;
    info.retry_until = job.retry_until;
    if (job.ended != base::WallTime{}) info.ended = job.ended;
    info.counts = job.counts;
    info.effective = job.effective;
    info.total = job.devices.size();
    return info;
}

JobDeviceInfo job_info(const Job& job, const JobDevice& device) {
    JobDeviceInfo info;
    info.id = std::to_string(store::counter_of(device.row));
    info.aor = device.where.aor();
    info.contact = device.where.contact();
    info.instance = device.where.instance();
    info.user_agent = job.models[device.model].user_agent;
    info.event = job.models[device.model].notice->event;
    info.state = name_of(device.state);
    info.status = device.status;
    info.attempts = device.attempts;
    info.at = device.at;
    if (device.effective_at != base::WallTime{}) info.effective_at = device.effective_at;
    return info;
}

Fault no_such_job() {
    return {FaultKind::not_found, "There is no such job"};
}

/// Who is not registered has said nothing else of himself.
bool is_by_address_alone(const DeviceSelection& meant) {
    return meant.instances.empty() && meant.user_agent.empty() && meant.vendor.empty() &&
           meant.model.empty() && meant.firmware_below.empty() && meant.domain.empty();
}

class ShardJobs final : public JobAdmin {
public:
    explicit ShardJobs(const AdminCarrier& carrier) : carrier_(carrier) {}

    Result<std::string> start(const JobSelection& selection, JobOrder order) override;
    Result<JobPage> page(std::string_view after, std::size_t limit) override;
    Result<JobDevicePage> devices(std::string_view id, std::optional<DeviceState> state,
                                  std::string_view after, std::size_t limit) override;
    Status change(std::string_view id, JobState state) override;

private:
    Result<DeviceSelection> meant_by(const JobSelection& selection) const;
    Result<std::vector<FoundDevice>> found_by(const DeviceSelection& meant) const;

    const AdminCarrier& carrier_;
};

Result<DeviceSelection> ShardJobs::meant_by(const JobSelection& selection) const {
    DeviceSelection meant;
    meant.user_agent = selection.user_agent;
    meant.vendor = selection.vendor;
    meant.model = selection.model;
    meant.firmware_below = selection.firmware_below;
    meant.domain = selection.domain;
    for (const auto& each : selection.instances) meant.instances.insert(base::lower(each));
    for (const auto& each : selection.aors) {
        auto ours = carrier_.our_resource(each);
        if (!ours) return ours.fault();
        meant.aors.insert(*std::move(ours));
    }
    return meant;
}

/// And those asked for by name who are not registered.
Result<std::vector<FoundDevice>> ShardJobs::found_by(const DeviceSelection& meant) const {
    std::vector<FoundDevice> all;
    for (auto* shard : carrier_.shards()) {
        auto found = carrier_.ask<std::vector<FoundDevice>>(
            *shard,
            [meant](Shard& owner, auto answer) { answer(devices_of(owner.context(), meant)); });
        if (!found) return found.fault();
        std::move(found->begin(), found->end(), std::back_inserter(all));
    }
    if (!is_by_address_alone(meant)) return all;
    auto absent = meant.aors;
    for (const auto& device : all) absent.erase(device.aor);
    for (const auto& aor : absent) all.push_back({aor, {}, {}, {}});
    return all;
}

Result<std::string> ShardJobs::start(const JobSelection& selection, JobOrder order) {
    auto meant = meant_by(selection);
    if (!meant) return meant.fault();
    auto devices = found_by(*meant);
    if (!devices) return devices.fault();
    order.devices = *std::move(devices);
    std::sort(order.devices.begin(), order.devices.end(),
              [](const FoundDevice& a, const FoundDevice& b) { return a.aor < b.aor; });
    const auto id = carrier_.ask<std::uint64_t>(
        carrier_.first(), [](Shard& shard, auto answer) { answer(shard.context().next_number()); });
    if (!id) return id.fault();
    order.id = *id;
    const auto shared = std::make_shared<JobOrder>(std::move(order));
    const auto done =
        carrier_.order(carrier_.owner_of(address_of_job(*id)), [shared](Shard& shard, auto answer) {
            shard.agents().template get<Jobs>().start(std::move(*shared), answer);
        });
    if (!done) return done.fault();
    return std::to_string(*id);
}

Result<JobPage> ShardJobs::page(std::string_view after, std::size_t limit) {
    const auto from = row_id(after);
    if (!from) return from.fault();
    limit = page_size(limit);
    return page_of_all<JobPage>(carrier_, limit, [from = *from](Shard& shard, auto answer) {
        JobPage page;
        shard.agents().template get<Jobs>().for_each([&](const Job& job) {
            ++page.total;
            if (job.id > from) page.rows.push_back(job_info(job));
        });
        answer(std::move(page));
    });
}

Result<JobDevicePage> ShardJobs::devices(std::string_view id, std::optional<DeviceState> state,
                                         std::string_view after, std::size_t limit) {
    const auto from = row_id(after);
    if (!from) return from.fault();
    const auto number = base::to_u64(id);
    if (!number) return no_such_job();
    const auto address = address_of_job(*number);
    return carrier_.ask<JobDevicePage>(
        carrier_.owner_of(address),
        [address, state, from = *from, limit](Shard& shard, auto answer) {
            const auto* job = shard.agents().template get<Jobs>().find(address);
            if (!job) return answer(no_such_job());
            JobDevicePage page;
            page.job = job_info(*job);
            for (const auto& device : job->devices) {
                if (state && device.state != *state) continue;
                ++page.total;
                if (store::counter_of(device.row) <= from) continue;
                if (limit == 0 || page.rows.size() < limit) {
                    page.rows.push_back(job_info(*job, device));
                } else {
                    page.next = page.rows.back().id;
                }
            }
            answer(std::move(page));
        });
}

Status ShardJobs::change(std::string_view id, JobState state) {
    const auto number = base::to_u64(id);
    if (!number) return no_such_job();
    const auto address = address_of_job(*number);
    return carrier_.order(carrier_.owner_of(address), [address, state](Shard& shard, auto answer) {
        shard.agents().template get<Jobs>().change(address, state, answer);
    });
}

}  // namespace

std::unique_ptr<JobAdmin> job_admin(const AdminCarrier& carrier) {
    return std::make_unique<ShardJobs>(carrier);
}

}  // namespace herald::server
