// server/provisioning/device_request.h: what a registered device is to be told on behalf of a job,
// and what it made of that.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace herald::server {

/// What a device is told. Shared by all who are told the same.
struct DeviceNotice {
    std::string event;       ///< with parameters
    std::string type, body;  ///< empty: none
};

/// Which device of which job.
struct DeviceTicket {
    std::uint64_t job = 0;  ///< id of the job
    std::uint32_t device = 0;
};

struct DeviceRequest {
    DeviceTicket ticket;
    std::string aor;                ///< canonical, of this shard
    std::string contact, instance;  ///< as it was registered when the job began
    std::shared_ptr<const DeviceNotice> notice;
    /// Of the attempt, the same when it is made again after a crash: a device that has answered it
    /// knows it as a copy (RFC 3261 8.2.2.2). Empty: random.
    std::string call_id, tag;
    bool is_repeat = false;  ///< it may have been made before a crash
};

enum class DeviceVerdict : std::uint8_t { delivered, refused, challenged, unreachable };

/// What an answer means.
DeviceVerdict verdict_of(int status) noexcept;
/// ... to what may be a copy: a device that has had it says so (RFC 3261 8.2.2.2).
DeviceVerdict verdict_of_repeat(int status) noexcept;

struct DeviceReport {
    DeviceVerdict verdict = DeviceVerdict::unreachable;
    int status = 0;  ///< of the answer, 408 for none; 0: nothing could be sent
};

}  // namespace herald::server
