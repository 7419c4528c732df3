// server/provisioning/awaited_devices.cpp: devices that jobs wait for.
#include "server/provisioning/awaited_devices.h"

#include <algorithm>

#include "base/id.h"
#include "base/text.h"
#include "server/provisioning/jobs.h"

namespace herald::server {

std::uint64_t AwaitedDevices::hash_of(std::string_view text) const noexcept {
    return base::keyed_hash(context_.home.bucket_key, text);
}

void AwaitedDevices::wait_for_return(const std::string& aor, const DeviceTicket& ticket) {
    awaited_.emplace(hash_of(aor), ticket);
}

void AwaitedDevices::wait_for_start(const DevicePlace& where, const DeviceTicket& ticket) {
    const std::string aor(where.aor());
    const auto* binding = find_device(bindings_.of(aor), where.contact(), where.instance());
    const bool has_instance = !where.instance().empty();
    const auto name = has_instance ? base::lower(where.instance()) : std::string(where.contact());
    starting_.emplace(hash_of(aor), Starting{.job = ticket.job,
                                             .number = ticket.device,
                                             .sequence = binding ? tag_of(binding->call_id) : 0,
                                             .device = tag_of(name),
                                             .has_instance = has_instance});
}

/// A device without an instance may have another Contact by now: the only one there is, then.
bool AwaitedDevices::has_started(const std::string& aor, const Starting& starting) const {
    const auto bindings = bindings_.of(aor);
    return std::any_of(bindings.begin(), bindings.end(), [&](const packages::Binding* each) {
        const auto name =
            starting.has_instance ? base::lower(each->instance) : std::string(each->contact);
        const bool is_it =
            tag_of(name) == starting.device || (!starting.has_instance && bindings.size() == 1);
        return is_it && tag_of(each->call_id) != starting.sequence;
    });
}

void AwaitedDevices::on_registered(const std::string& aor, std::string_view /*flow*/) {
    if (awaited_.empty() && starting_.empty()) return;
    const auto hash = hash_of(aor);
    const auto [first, last] = awaited_.equal_range(hash);
    for (auto each = first; each != last; ++each) {
        const auto job = address_of_job(each->second.job);
        context_.peers.post<Jobs>(job, [job, device = each->second.device](Jobs& owner) {
            owner.runs().on_return(job, device);
        });
    }
    awaited_.erase(first, last);
    see_starts(aor, hash);
}

void AwaitedDevices::see_starts(const std::string& aor, std::uint64_t hash) {
    auto [each, last] = starting_.equal_range(hash);
    while (each != last) {
        const auto starting = each->second;
        if (!has_started(aor, starting)) {
            ++each;
            continue;
        }
        each = starting_.erase(each);
        const auto job = address_of_job(starting.job);
        context_.peers.post<Jobs>(job, [job, device = starting.number](Jobs& owner) {
            owner.runs().on_effect(job, device);
        });
    }
}

void AwaitedDevices::let_go(std::uint64_t job) {
    std::erase_if(awaited_, [job](const auto& each) { return each.second.job == job; });
}

void AwaitedDevices::abandon(std::uint64_t job) {
    let_go(job);
    std::erase_if(starting_, [job](const auto& each) { return each.second.job == job; });
}

/// The hash of an address says its cell (core/bucket.h).
void AwaitedDevices::forget_some(Cell cell, Forgetting& forgetting) {
    const auto is_of_cell = [cell](const auto& entry) {
        return cell_of(static_cast<std::uint32_t>(entry.first % kBuckets)) == cell;
    };
    forgetting.erase(awaited_, is_of_cell);
    forgetting.erase(starting_, is_of_cell);
}

}  // namespace herald::server
