// server/provisioning/job_pace.cpp: so many devices of a job a second, within its hours.
#include "server/provisioning/job_pace.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/id.h"
#include "base/text.h"
#include "server/provisioning/device_requests.h"
#include "server/provisioning/jobs.h"

namespace herald::server {

namespace {

/// Sent and not answered, of one job: those after them wait.
constexpr std::uint32_t kMostUnderWay = 20000;
/// At least this far apart are two turns of a job that sends many a second.
constexpr auto kTurn = std::chrono::milliseconds(10);
constexpr auto kMostLate = std::chrono::milliseconds(100);
/// Between two looks whether its cell is served again.
constexpr auto kRest = std::chrono::milliseconds(100);
/// The clock on the wall may be put forward or back while a job waits for its hours.
constexpr base::Duration kLongestNap = std::chrono::minutes(10);

}  // namespace

void JobPace::wake(Job& job, base::Instant earliest) {
    if (job.pace || job.queue.empty() || job.state != JobState::running) return;
    const auto nap = std::min(until_open(job.window, context_.wall()), kLongestNap);
    const auto due = std::max({job.next_at, earliest, context_.loop.now() + nap});
    job.pace =
        context_.loop.timers().arm(due, [this, address = job.address] { take_turn(address); });
}

void JobPace::take_turn(const std::string& address) {
    auto* found = jobs_.find(address);
    if (!found) return;
    auto& job = *found;
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
DeviceRequest JobPace::request_for(const Job& job, std::uint32_t index) const {
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

void JobPace::dispatch(Job& job, std::uint32_t index) {
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
                    jobs.runs().on_report(address, device, report);
                });
            });
        });
}

}  // namespace herald::server
