// server/provisioning/jobs.h: the jobs of one shard: started, paced, ended.
//
//   ordered -> the job and all its devices committed -> answered
//   paced:  a device's shard is told to send (device_requests) -> its report comes back
//   saved:  what changed since the last commit, in one; so nobody is told twice who has answered,
//           but for those whose answers came within the milliseconds before a crash
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "base/task.h"
#include "base/text_map.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/provisioning/job.h"
#include "server/provisioning/job_order.h"
#include "server/provisioning/job_rows.h"

namespace herald::server {

/// Called on its shard's thread. A job belongs to the shard that owns its address.
class Jobs final : public Agent {
public:
    using Done = base::Task<void(Status)>;

    explicit Jobs(Context& context);

    /// `done` runs after the commit. Faults: malformed, not_found (no devices), conflict (to be
    /// confirmed), limit_reached, and those of the store.
    void start(JobOrder order, Done done);
    /// Faults: not_found, conflict (the job is over), and those of the store.
    void change(const std::string& address, JobState state, Done done);
    const Job* find(const std::string& address) const;
    void for_each(const std::function<void(const Job&)>& visit) const;

    /// A device that was unreachable has registered.
    void on_return(const std::string& address, std::uint32_t device);
    /// A device was seen to do what it was told: it started again, or fetched what is new.
    void on_effect(const std::string& address, std::uint32_t device);

    bool takes(const store::Publication& row) const override;
    void recover(store::Publication row, base::WallTime not_before) override;
    void resume(const Cells& cells) override;
    bool has_changes(Cell cell) const override;
    bool has_flights(Cell cell) const override;
    void forget(Cell cell) override;
    std::size_t held() const noexcept override { return jobs_.size(); }

private:
    JobLoad load() const noexcept;
    void make_room();
    static void reopen(Job& job);
    void begin(Job& job);
    /// Sees to it that what waits is sent, not before `earliest`.
    void wake(Job& job, base::Instant earliest);
    void pace(const std::string& address);
    void dispatch(Job& job, std::uint32_t device);
    DeviceRequest request_for(const Job& job, std::uint32_t device) const;
    void await(const Job& job, std::uint32_t device);
    void await_return(const Job& job, std::uint32_t device);
    void await_effect(const Job& job, std::uint32_t device);
    void await_again(const std::string& address, Cell cell, std::uint32_t first);
    void await_from(const std::string& address, std::uint32_t first);
    void try_again_later(Job& job);
    void try_again(const std::string& address);
    void on_report(const std::string& address, std::uint32_t device, const DeviceReport& report);
    void look_for_end(Job& job);
    void end(Job& job, JobState state);
    void let_go(const Job& job);
    void abandon(const Job& job);
    void keep_until_due(Job& job);
    void drop(const std::string& address);
    void disarm(Job& job);
    void change_now(const std::string& address, JobState state, Done done);
    void apply_change(const std::string& address, JobState state);
    void take_next(const std::string& address);

    Context& context_;
    JobRows rows_;
    base::TextMap<std::unique_ptr<Job>> jobs_;  ///< by address
    /// By the address of a job that is being changed: what waits for that.
    base::TextMap<std::vector<base::Task<void()>>> changing_;
    std::array<base::Counter*, kDeviceStates> outcomes_{};
    base::Counter& effects_;
};

}  // namespace herald::server
