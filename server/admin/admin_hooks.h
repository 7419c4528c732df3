// server/admin/admin_hooks.h: events that wait to be posted to a program, for who posts them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "server/feed/hook_queue.h"

namespace herald::server {

class AdminCarrier;

class HookAdmin {
public:
    virtual ~HookAdmin() = default;

    /// Durable on return, all or none; their ids are chosen there. Faults: unavailable,
    /// unknown_outcome: they may have been kept.
    virtual Status keep(std::vector<QueuedEvent> events) = 0;
    /// They were taken, or are given up. Faults: likewise.
    virtual Status drop(std::vector<std::uint64_t> ids) = 0;
    /// The oldest after `after`, at most `most`.
    virtual Result<std::vector<QueuedEvent>> page(std::uint64_t after, std::size_t most) = 0;
};

std::unique_ptr<HookAdmin> hook_admin(const AdminCarrier& carrier);

}  // namespace herald::server
