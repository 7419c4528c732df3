// server/provisioning/job_rows.cpp: the jobs of one shard as the store keeps them.
#include "server/provisioning/job_rows.h"

#include <algorithm>
#include <utility>

#include "server/core/settled_commit.h"
#include "server/provisioning/lines.h"

namespace herald::server {

namespace {

/// Devices written by one commit.
constexpr std::size_t kMostRowsSaved = 1000;
/// ... with a new job: a shard has other things to do meanwhile.
constexpr std::size_t kMostTogether = 100;
/// A job that tells more than so many a second leaves the store to others between its commits.
constexpr std::uint32_t kMany = 100;
constexpr auto kApart = std::chrono::milliseconds(25);
/// A store that is busy or away is asked again.
constexpr auto kRetry = std::chrono::seconds(2);

store::PutPublication row_of(const Job& job) {
    store::PutPublication put;
    put.row.id = job.row;
    put.row.package = kProvisioning;
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
    put.row.package = kProvisioning;
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
    if (job.row != 0) rows.changes.emplace_back(store::RemovePublication{job.row, {}, {}, {}});
    for (const auto& device : job.devices)
        rows.changes.emplace_back(store::RemovePublication{device.row, {}, {}, {}});
    return rows;
}

}  // namespace

void JobRows::put_from(const Job& job, std::size_t first, Done done) {
    const auto end = std::min(job.devices.size(), first + kMostTogether);
    const bool is_last = end == job.devices.size();
    store::ChangePublications rows;
    if (is_last) rows.changes.emplace_back(row_of(job));
    for (auto i = first; i < end; ++i) rows.changes.emplace_back(row_of(job, job.devices[i]));
    context_.port.commit(std::move(rows), [this, &job, first, end, is_last,
                                           done = std::move(done)](store::Outcome outcome) mutable {
        const bool is_kept = outcome == store::Outcome::committed;
        if (is_kept && !is_last) return put_from(job, end, std::move(done));
        if (!is_kept && first > 0) remove_devices(job, first);
        done(outcome);
    });
}

void JobRows::put(const Job& job, Done done) {
    const auto promise = context_.rest.promise(context_.cell_of(job.address));
    commit_until_known(context_.loop, context_.port, row_of(job),
                       [promise, done = std::move(done)](store::Outcome outcome) mutable {
                           if (done) done(outcome);
                       });
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

void JobRows::save_at(Job& job, base::Instant due) {
    context_.loop.timers().cancel(job.save);
    job.save = context_.loop.timers().arm(due, [this, address = job.address] {
        auto* again = jobs_.find(address);
        if (!again) return;
        again->save = {};
        save(*again);
    });
}

void JobRows::save(Job& job) {
    if (job.is_saving || job.save || job.unsaved.empty()) return;
    const auto now = context_.loop.now();
    if (now < job.next_save_at) return save_at(job, job.next_save_at);
    if (job.rate > kMany) job.next_save_at = now + kApart;
    const auto count = std::min(job.unsaved.size(), kMostRowsSaved);
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
    auto* found = jobs_.find(address);
    if (!found) return;
    auto& job = *found;
    job.is_saving = false;
    if (outcome == store::Outcome::committed) return save(job);
    for (const auto device : devices) {
        if (std::exchange(job.devices[device].is_unsaved, true)) continue;
        job.unsaved.push_back(device);
    }
    save_at(job, context_.loop.now() + kRetry);
}

void JobRows::remove_devices(const Job& job, std::size_t count) {
    store::ChangePublications rows;
    for (std::size_t i = 0; i < count; ++i)
        rows.changes.emplace_back(store::RemovePublication{job.devices[i].row, {}, {}, {}});
    context_.port.commit(std::move(rows), nullptr);
}

void JobRows::remove(const Job& job) {
    // Rows that stay for once are read, and dropped, at the next start.
    context_.port.commit(removal_of(job), nullptr);
}

}  // namespace herald::server
