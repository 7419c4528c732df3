// server/provisioning/job_lookout.cpp: what a job wants to hear of its devices.
#include "server/provisioning/job_lookout.h"

#include <utility>

#include "server/provisioning/awaited_devices.h"
#include "server/provisioning/known_devices.h"

namespace herald::server {

namespace {

/// Devices that are looked at in one turn: of what all of them are, posts and all, much would stay
/// behind.
constexpr std::uint32_t kMostAtOnce = 256;

std::string key_of(const Job& job, std::uint32_t index) {
    const auto& device = job.devices[index];
    const auto& where = device.where;
    return key_of_device(where.aor(), where.contact(), where.instance(),
                         job.models[device.model].user_agent);
}

/// Whether it was told, and may yet be seen to do it.
bool may_be_seen(const JobDevice& device, base::WallTime now) {
    return device.state == DeviceState::delivered && device.effective_at == base::WallTime{} &&
           now - device.at <= kEffectWithin;
}

}  // namespace

void JobLookout::await_return(const Job& job, std::uint32_t index) {
    const auto& device = job.devices[index];
    if (job.is_over() || device.state != DeviceState::unreachable) return;
    const std::string aor(device.where.aor());
    context_.peers.post<AwaitedDevices>(
        aor, [aor, ticket = DeviceTicket{job.id, index}](AwaitedDevices& owner) {
            owner.wait_for_return(aor, ticket);
        });
}

void JobLookout::await_effect(const Job& job, std::uint32_t index) {
    auto key = key_of(job, index);
    const AwaitedFetch fetch{job.id, index};
    const auto owner = address_of_device(key);
    context_.peers.post<KnownDevices>(owner, [key = std::move(key), fetch](KnownDevices& known) {
        known.await_fetch(key, fetch);
    });
    const auto& where = job.devices[index].where;
    const std::string aor(where.aor());
    context_.peers.post<AwaitedDevices>(
        aor, [place = DevicePlace(where.text()), ticket = DeviceTicket{job.id, index}](
                 AwaitedDevices& devices) { devices.wait_for_start(place, ticket); });
}

void JobLookout::await_effects_from(const std::string& address, std::uint32_t first) {
    const auto* job = jobs_.find(address);
    if (!job) return;
    const auto now = context_.wall();
    auto i = first;
    for (const auto end = first + kMostAtOnce; i < job->devices.size() && i < end; ++i) {
        if (may_be_seen(job->devices[i], now)) await_effect(*job, i);
    }
    if (i < job->devices.size())
        context_.loop.post([this, address, i] { await_effects_from(address, i); });
}

/// By its user's address, or its own.
bool JobLookout::is_told_in(const Job& job, std::uint32_t index, Cell cell) const {
    return context_.cell_of(job.devices[index].where.aor()) == cell ||
           context_.cell_of(address_of_device(key_of(job, index))) == cell;
}

void JobLookout::await_again_from(const std::string& address, Cell cell, std::uint32_t first) {
    const auto* job = jobs_.find(address);
    if (!job) return;
    const auto now = context_.wall();
    auto i = first;
    for (const auto end = first + kMostAtOnce; i < job->devices.size() && i < end; ++i) {
        if (!is_told_in(*job, i, cell)) continue;
        await_return(*job, i);
        if (may_be_seen(job->devices[i], now)) await_effect(*job, i);
    }
    if (i < job->devices.size())
        context_.loop.post([this, address, cell, i] { await_again_from(address, cell, i); });
}

void JobLookout::let_go(const Job& job) {
    const auto work = [id = job.id](AwaitedDevices& owner) { owner.let_go(id); };
    context_.peers.post<AwaitedDevices>(job.address, work);
    context_.peers.post_to_others<AwaitedDevices>(context_.peers.owner_of(job.address), work);
}

void JobLookout::abandon(const Job& job) {
    const auto devices = [id = job.id](AwaitedDevices& owner) { owner.abandon(id); };
    const auto fetches = [id = job.id](KnownDevices& owner) { owner.abandon(id); };
    const auto owner = context_.peers.owner_of(job.address);
    context_.peers.post<AwaitedDevices>(job.address, devices);
    context_.peers.post_to_others<AwaitedDevices>(owner, devices);
    context_.peers.post<KnownDevices>(job.address, fetches);
    context_.peers.post_to_others<KnownDevices>(owner, fetches);
}

}  // namespace herald::server
