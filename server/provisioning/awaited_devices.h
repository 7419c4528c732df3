// server/provisioning/awaited_devices.h: devices that jobs wait for: who was unreachable is to
// register, who was told to start again is to register as one does that has started.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/provisioning/device_place.h"
#include "server/provisioning/device_request.h"
#include "server/register/bindings.h"

namespace herald::server {

/// Those of one shard's users, on its thread; the jobs may be any shard's.
class AwaitedDevices final : public Agent {
public:
    AwaitedDevices(Context& context, const Bindings& bindings)
        : context_(context), bindings_(bindings) {}

    /// Tells the job when a device of `aor` registers, once.
    void wait_for_return(const std::string& aor, const DeviceTicket& ticket);
    /// Tells the job when the device at `where` registers as one does that has started again: in a
    /// sequence of REGISTERs that is not the one of now.
    void wait_for_start(const DevicePlace& where, const DeviceTicket& ticket);
    /// Nothing is waited for on behalf of this job any more.
    void abandon(std::uint64_t job);
    /// ... but starts.
    void let_go(std::uint64_t job);

    void forget_some(Cell cell, Forgetting& forgetting) override;
    std::size_t held() const noexcept override { return awaited_.size() + starting_.size(); }
    void on_registered(const std::string& aor, std::string_view flow) override;

private:
    /// A device that is told to start again; all of it small, there are many.
    struct Starting {
        std::uint64_t job;
        std::uint32_t number;    ///< of the device, in the job
        std::uint32_t sequence;  ///< of the Call-ID it registered with, a hash
        std::uint32_t device;    ///< of its instance, or of its Contact, likewise
        bool has_instance;
    };

    std::uint64_t hash_of(std::string_view text) const noexcept;
    /// Enough to tell what one user's devices said apart.
    std::uint32_t tag_of(std::string_view text) const noexcept {
        return static_cast<std::uint32_t>(hash_of(text));
    }
    void see_starts(const std::string& aor, std::uint64_t hash);
    bool has_started(const std::string& aor, const Starting& starting) const;

    Context& context_;
    const Bindings& bindings_;
    std::unordered_multimap<std::uint64_t, DeviceTicket> awaited_;  ///< by hash of the AOR
    std::unordered_multimap<std::uint64_t, Starting> starting_;     ///< likewise
};

}  // namespace herald::server
