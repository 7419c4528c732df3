// server/provisioning/job.cpp: a job: many devices told the same, and what became of each of them.
#include "server/provisioning/job.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "server/provisioning/lines.h"

namespace herald::server {

namespace {

constexpr std::array<std::string_view, 4> kJobStates{"running", "paused", "finished", "cancelled"};
constexpr std::array<std::string_view, kDeviceStates> kDeviceNames{
    "waiting", "sent", "delivered", "refused", "challenged", "unreachable", "cancelled"};

Fault broken_job(std::string_view what) {
    return {FaultKind::malformed, "a stored job with a bad " + std::string(what)};
}

template <std::size_t N>
std::optional<std::size_t> index_of(const std::array<std::string_view, N>& names,
                                    std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names.begin());
}

void append_model(std::string& out, const JobModel& model) {
    append_field(out, model.user_agent);
    append_field(out, model.notice->event);
    append_field(out, model.notice->type);
    append_field(out, model.notice->body);
    out += '\n';
}

/// Who is told the same shares it.
JobModel next_model(std::string_view line, const std::vector<JobModel>& earlier) {
    JobModel model{next_field(line), nullptr};
    DeviceNotice notice;
    notice.event = next_field(line);
    notice.type = next_field(line);
    notice.body = next_field(line);
    for (const auto& each : earlier) {
        if (each.notice->event == notice.event && each.notice->body == notice.body)
            model.notice = each.notice;
    }
    if (!model.notice) model.notice = std::make_shared<const DeviceNotice>(std::move(notice));
    return model;
}

}  // namespace

std::string_view name_of(JobState state) noexcept {
    return kJobStates[static_cast<std::size_t>(state)];
}

std::string_view name_of(DeviceState state) noexcept {
    return kDeviceNames[static_cast<std::size_t>(state)];
}

Result<DeviceState> device_state_of(std::string_view name) {
    if (const auto index = index_of(kDeviceNames, name)) return static_cast<DeviceState>(*index);
    return Fault{FaultKind::malformed, "state is \"" + std::string(name) +
                                           "\", expected waiting, sent, delivered, refused, "
                                           "challenged, unreachable or cancelled"};
}

DeviceState state_of(DeviceVerdict verdict) noexcept {
    constexpr DeviceState kStates[] = {DeviceState::delivered, DeviceState::refused,
                                       DeviceState::challenged, DeviceState::unreachable};
    return kStates[static_cast<std::size_t>(verdict)];
}

void Job::recount() {
    is_known = true;
    counts = {};
    effective = 0;
    queue.clear();
    for (std::uint32_t i = 0; i < devices.size(); ++i) {
        auto& device = devices[i];
        if (device.state == DeviceState::waiting && state == JobState::cancelled)
            device.state = DeviceState::cancelled;
        ++counts[static_cast<std::size_t>(device.state)];
        if (device.effective_at != base::WallTime{}) ++effective;
        if (device.state == DeviceState::waiting) queue.push_back(i);
    }
}

void Job::disarm(base::Timers& timers) {
    for (auto* timer : {&pace, &end, &save, &again}) timers.cancel(*timer);
}

void Job::move(std::uint32_t device, DeviceState to, int status, base::WallTime at) {
    auto& moved = devices[device];
    --counts[static_cast<std::size_t>(moved.state)];
    ++counts[static_cast<std::size_t>(to)];
    moved.state = to;
    moved.status = static_cast<std::uint16_t>(status);
    moved.at = at;
    if (to == DeviceState::waiting) queue.push_back(device);
    if (to == DeviceState::sent) ++moved.attempts;
    // What is on its way is on its way again after a crash: it was not answered.
    if (to != DeviceState::sent) mark(device);
}

void Job::mark(std::uint32_t device) {
    if (std::exchange(devices[device].is_unsaved, true)) return;
    unsaved.push_back(device);
}

bool Job::has_hope() const noexcept {
    return std::any_of(devices.begin(), devices.end(), [&](const JobDevice& device) {
        return device.state == DeviceState::unreachable && may_try_again(device);
    });
}

std::string address_of_job(std::uint64_t id) {
    return "sip:job-" + std::to_string(id) + "@provisioning.invalid";
}

std::string to_text(const Job& job) {
    std::string out;
    append_field(out, name_of(job.state));
    append_field(out, job.action);
    append_field(out, std::to_string(job.rate));
    for (const auto time : {job.created, job.start_at, job.retry_until, job.ended})
        append_time(out, time);
    for (const auto number : {job.most_attempts, job.retry_every})
        append_field(out, std::to_string(number));
    append_field(out, to_string(job.window));
    out += '\n';
    for (const auto& model : job.models) append_model(out, model);
    return out;
}

Status read_job(std::string_view text, Job& job) {
    auto [line, models, found] = base::split_once(text, '\n');
    const auto state = index_of(kJobStates, next_field(line));
    if (!state) return broken_job("state");
    job.state = static_cast<JobState>(*state);
    job.action = next_field(line);
    const auto rate = next_number(line);
    if (!rate || *rate == 0 || *rate > UINT32_MAX) return broken_job("rate");
    job.rate = static_cast<std::uint32_t>(*rate);
    for (auto* time : {&job.created, &job.start_at, &job.retry_until, &job.ended}) {
        const auto read = next_time(line);
        if (!read) return broken_job("time");
        *time = *read;
    }
    // Jobs of an earlier release say nothing of these.
    job.most_attempts = static_cast<std::uint32_t>(next_number(line).value_or(0));
    job.retry_every = static_cast<std::uint32_t>(next_number(line).value_or(0));
    job.window = parse_window(next_field(line)).value_or(DailyWindow());
    while (!models.empty()) {
        const auto [model, rest, is_more] = base::split_once(models, '\n');
        job.models.push_back(next_model(model, job.models));
        models = rest;
    }
    job.is_known = true;
    return {};
}

std::string to_text(const JobDevice& device) {
    std::string out;
    // What was sent and not answered waits.
    append_field(out,
                 name_of(device.state == DeviceState::sent ? DeviceState::waiting : device.state));
    for (const auto number : {std::uint64_t{device.status}, std::uint64_t{device.attempts},
                              std::uint64_t{device.model}})
        append_field(out, std::to_string(number));
    append_time(out, device.at);
    append_field(out, device.where.text());
    append_time(out, device.effective_at);
    return out;
}

Result<JobDevice> job_device_from_text(std::string_view text) {
    JobDevice device;
    const auto state = device_state_of(next_field(text));
    if (!state) return state.fault();
    device.state = *state;
    const auto status = next_number(text), attempts = next_number(text), model = next_number(text);
    const auto at = next_time(text);
    if (!status || *status > 699 || !attempts || *attempts > UINT16_MAX || !model ||
        *model > UINT32_MAX || !at)
        return broken_job("device");
    device.status = static_cast<std::uint16_t>(*status);
    device.attempts = static_cast<std::uint16_t>(*attempts);
    device.model = static_cast<std::uint32_t>(*model);
    device.at = *at;
    device.where = DevicePlace(next_field(text));
    device.effective_at = next_time(text).value_or(base::WallTime());
    return device;
}

}  // namespace herald::server
