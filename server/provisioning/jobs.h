// server/provisioning/jobs.h: the jobs of one shard: started, paced, kept in the store, ended.
//
//   ordered -> one commit of the job and all its devices -> answered
//   paced:  a device's shard is told to send (device_requests) -> its report comes back
//   saved:  what changed since the last commit, in one; so nobody is told twice who has answered,
//           but for those whose answers came within the commit a crash interrupted
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/task.h"
#include "base/text_map.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/provisioning/job.h"

namespace herald::server {

/// A device as it was found when a job was ordered.
struct FoundDevice {
    std::string aor, contact, instance, user_agent;  ///< contact empty: it is not registered
};

/// What an operator orders.
struct JobOrder {
    std::uint64_t id = 0;
    std::string action;           ///< one of kRecipeActions, or "custom"
    DeviceNotice custom;          ///< with "custom"
    std::uint32_t rate = 0;       ///< a second; 0: the configuration's
    std::uint32_t retry_for = 0;  ///< seconds; 0: the configuration's
    std::uint32_t confirm = 0;    ///< how many devices the operator thinks it is
    base::WallTime start_at{};    ///< zero: now
    std::vector<FoundDevice> devices;
};

/// Called on its shard's thread. A job belongs to the shard that owns its address.
class Jobs final : public Agent {
public:
    using Done = base::Task<void(Status)>;

    explicit Jobs(Context& context);

    /// `done` runs after the commit. Faults: malformed, not_found (no devices), conflict (to be
    /// confirmed), limit_reached, and those of the store.
    void start(JobOrder order, Done done);
    /// Faults: not_found, conflict (the job is over).
    void change(const std::string& address, JobState state, Done done);
    const Job* find(const std::string& address) const;
    void for_each(const std::function<void(const Job&)>& visit) const;

    /// A device that was unreachable has registered.
    void on_return(const std::string& address, std::uint32_t device);

    bool takes(const store::Publication& row) const override;
    void recover(store::Publication row, base::WallTime not_before) override;
    void resume() override;
    void forget(Cell cell) override;
    std::size_t held() const noexcept override { return jobs_.size(); }

private:
    using Place = std::unique_ptr<Job>;

    Status check(const JobOrder& order) const;
    Result<Place> made_of(JobOrder& order) const;
    void make_room();
    void begin(Job& job);
    /// Sees to it that what waits is sent, not before `earliest`.
    void wake(Job& job, base::Instant earliest);
    void pace(const std::string& address);
    void dispatch(Job& job, std::uint32_t device);
    void on_report(const std::string& address, std::uint32_t device, const DeviceReport& report);
    void look_for_end(Job& job);
    void end(Job& job, JobState state);
    void let_go(Job& job);
    void keep_until_due(Job& job);
    void drop(const std::string& address);
    void disarm(Job& job);
    void save(Job& job);
    void on_saved(const std::string& address, const std::vector<std::uint32_t>& devices,
                  store::Outcome outcome);
    void save_job(const Job& job, base::Task<void(store::Outcome)> done);
    store::PutPublication row_of(const Job& job) const;
    store::PutPublication row_of(const Job& job, const JobDevice& device) const;
    std::size_t devices() const noexcept;

    Context& context_;
    base::TextMap<Place> jobs_;  ///< by address
    std::array<base::Counter*, kDeviceStates> outcomes_{};
};

}  // namespace herald::server
