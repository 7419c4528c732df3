// server/core/fan_out.h: where every applied change of event state ends, whoever made it; whoever
// makes one need not know who hears of it.
//
//   publish, register, agents -> changed() -> the notifier, groups, lamps: each that asked for it
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "base/listeners.h"
#include "base/loop.h"
#include "server/core/tables.h"

namespace herald::server {

/// One per shard, on its thread.
class FanOut {
public:
    FanOut(const base::Loop& loop, ResourceTable& resources) : loop_(loop), resources_(resources) {}

    /// The state of a resource changed, durably where it is stored: it has a new version.
    /// `asked_at`: when the request came that wanted it.
    void changed(std::uint32_t resource, std::optional<base::Instant> asked_at = std::nullopt);

    /// Adds a listener, for the life of the shard: called at once for every resource that changed,
    /// in the order of the calls of on_changed().
    void on_changed(base::Task<void(std::uint32_t resource)> listener) {
        listeners_.add(std::move(listener));
    }

private:
    const base::Loop& loop_;
    ResourceTable& resources_;
    base::Listeners<std::uint32_t> listeners_;
};

}  // namespace herald::server
