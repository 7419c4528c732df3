// server/provisioning/job_rows.cpp: the jobs of one shard as the store keeps them.
#include "server/provisioning/job_rows.h"

#include <algorithm>
#include <utility>

#include "server/core/settled_commit.h"

namespace herald::server {

namespace {

constexpr std::string_view kPackage = "provisioning";
/// Devices written by one commit.
constexpr std::size_t kMostSaved = 1000;
/// A store that is busy or away is asked again.
constexpr auto kRetry = std::chrono::seconds(2);

store::PutPublication row_of(const Job& job) {
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

store::PutPublication row_of(const Job& job, const JobDevice& device) {
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

store::ChangePublications removal_of(const Job& job) {
    store::ChangePublications rows;
    if (job.id != 0) rows.changes.emplace_back(store::RemovePublication{job.id, {}, {}, {}});
    for (const auto& device : job.devices)
        rows.changes.emplace_back(store::RemovePublication{device.row, {}, {}, {}});
    return rows;
}

}  // namespace

JobRows::JobRows(Context& context, std::function<Job*(const std::string&)> find)
    : context_(context), find_(std::move(find)) {}

void JobRows::put_all(const Job& job, Done done) {
    store::ChangePublications rows;
    rows.changes.emplace_back(row_of(job));
    for (const auto& device : job.devices) rows.changes.emplace_back(row_of(job, device));
    context_.port.commit(std::move(rows), std::move(done));
}

void JobRows::put(const Job& job, Done done) {
    commit_until_known(context_.loop, context_.port, row_of(job), std::move(done));
}

void JobRows::take_back(const Job& job) {
    remove_surely(removal_of(job));
}

void JobRows::remove_surely(store::ChangePublications rows) {
    auto again = rows;
    context_.port.commit(
        std::move(rows), [this, again = std::move(again)](store::Outcome outcome) mutable {
            if (!is_to_be_retried(outcome)) return;
            context_.loop.timers().arm(
                context_.loop.now() + kRetry,
                [this, again = std::move(again)]() mutable { remove_surely(std::move(again)); });
        });
}

void JobRows::save(Job& job) {
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
void JobRows::on_saved(const std::string& address, const std::vector<std::uint32_t>& devices,
                       store::Outcome outcome) {
    auto* found = find_(address);
    if (!found) return;
    auto& job = *found;
    job.is_saving = false;
    if (outcome == store::Outcome::committed) return save(job);
    for (const auto device : devices) {
        if (std::exchange(job.devices[device].is_unsaved, true)) continue;
        job.unsaved.push_back(device);
    }
    context_.loop.timers().cancel(job.retry);
    job.retry = context_.loop.timers().arm(context_.loop.now() + kRetry, [this, address] {
        if (auto* again = find_(address)) save(*again);
    });
}

void JobRows::remove(const Job& job) {
    // Rows that stay for once are read, and dropped, at the next start.
    context_.port.commit(removal_of(job), nullptr);
}

}  // namespace herald::server
