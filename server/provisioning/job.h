// server/provisioning/job.h: a job: many devices told the same, and what became of each of them.
//
//              pause                 all have their outcome
//   running <--------> paused    ----------------------------> finished
//      |    resume       |
//      +-----------------+-----------------------------------> cancelled
//
//   a device:  waiting -> sent -> delivered | refused | challenged | unreachable -> waiting
//              waiting -> cancelled                                  (it registers)
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/timers.h"
#include "server/provisioning/daily_window.h"
#include "server/provisioning/device_place.h"
#include "server/provisioning/device_request.h"

namespace herald::server {

enum class JobState : std::uint8_t { running, paused, finished, cancelled };
std::string_view name_of(JobState state) noexcept;

enum class DeviceState : std::uint8_t {
    waiting,
    sent,
    delivered,
    refused,
    challenged,
    unreachable,
    cancelled
};
inline constexpr std::size_t kDeviceStates = 7;
std::string_view name_of(DeviceState state) noexcept;
/// Faults: malformed, with the names there are.
Result<DeviceState> device_state_of(std::string_view name);
DeviceState state_of(DeviceVerdict verdict) noexcept;

/// What devices with one User-Agent are told.
struct JobModel {
    std::string user_agent;
    std::shared_ptr<const DeviceNotice> notice;
};

/// A device that is told something. There are many.
struct JobDevice {
    std::uint64_t row = 0;  ///< in the store; rises within a job
    DevicePlace where;
    base::WallTime at{};            ///< when it came into this state
    base::WallTime effective_at{};  ///< it was seen to have done it; zero: not yet
    std::uint32_t model = 0;        ///< of the job
    std::uint16_t status = 0;
    std::uint16_t attempts = 0;
    DeviceState state = DeviceState::waiting;
    bool is_unsaved = false;
    bool is_repeat = false;  ///< its next attempt may have been made before a crash
};

/// What was ordered, and how far it is.
struct JobHead {
    std::uint64_t id = 0;
    std::uint64_t row = 0;  ///< in the store; ends with the id
    std::string address;    ///< what it is kept under
    std::string action;     ///< as ordered
    JobState state = JobState::running;
    std::uint32_t rate = 1;  ///< NOTIFYs a second
    base::WallTime created{};
    base::WallTime start_at{};        ///< nothing is sent before
    base::WallTime retry_until{};     ///< who is unreachable is tried until then
    base::WallTime ended{};           ///< zero: not yet
    std::uint32_t most_attempts = 0;  ///< of each device; 0: any number
    std::uint32_t retry_every = 0;    ///< seconds; 0: unreachable devices when they register only
    DailyWindow window;               ///< nothing is sent outside
    std::vector<JobModel> models;
};

struct Job : JobHead {
    std::vector<JobDevice> devices;

    // Not kept:
    std::array<std::uint32_t, kDeviceStates> counts{};
    std::uint32_t effective = 0;         ///< devices that were seen to have done it
    std::deque<std::uint32_t> queue;     ///< devices that wait
    std::vector<std::uint32_t> unsaved;  ///< devices
    base::Instant next_at{};             ///< when the next one may be sent
    base::Instant next_save_at{};        ///< when devices may be written again
    base::TimerId pace, end, save, again;
    bool is_known = false;  ///< its own row was read
    bool is_saving = false;

    bool is_over() const noexcept {
        return state == JobState::finished || state == JobState::cancelled;
    }
    std::uint32_t count(DeviceState which) const noexcept {
        return counts[static_cast<std::size_t>(which)];
    }
    bool may_try_again(const JobDevice& device) const noexcept {
        return most_attempts == 0 || device.attempts < most_attempts;
    }
    /// All that is not kept is made from what is; what waits does not where it was cancelled.
    void recount();
    void disarm(base::Timers& timers);
    /// Devices that are unreachable, and tried again.
    bool has_hope() const noexcept;
    /// What became of `device` is to be written.
    void mark(std::uint32_t device);
    /// The only way a device changes its state.
    void move(std::uint32_t device, DeviceState state, int status, base::WallTime at);
};

/// "sip:job-7@provisioning.invalid": no user's.
std::string address_of_job(std::uint64_t id);

/// Media types under which the store keeps jobs and their devices.
inline constexpr std::string_view kJobType = "application/vnd.herald.job";
inline constexpr std::string_view kJobDeviceType = "application/vnd.herald.job-device";

/// What the store keeps of a job, and of one device.
std::string to_text(const Job& job);
std::string to_text(const JobDevice& device);
/// Reads them into what is empty. Faults: malformed.
Status read_job(std::string_view text, Job& job);
Result<JobDevice> job_device_from_text(std::string_view text);

}  // namespace herald::server
