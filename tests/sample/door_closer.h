// tests/sample/door_closer.h: a sample agent: a door left open closes by itself, or when an
// operator says so. See docs/adding-a-package.md.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/publish/state_orders.h"

namespace herald::server {

class DoorCloser final : public Agent {
public:
    DoorCloser(Context& context, StateOrders& orders);

    /// An operator's call. `done` runs after the commit. Faults: those of StateOrders::put().
    void close(const std::string& aor, StateOrders::Done done);

    void on_changed(std::uint32_t resource) override;
    void forget_some(Cell cell, Forgetting& forgetting) override;
    std::size_t held() const noexcept override { return open_.size(); }

private:
    void on_timer(std::uint64_t resource);
    void stop_waiting(std::uint32_t resource);
    bool is_open(Resource& door) const;

    Context& context_;
    StateOrders& orders_;
    const packages::Package& package_;
    base::Timers::Owner timer_;
    std::unordered_map<std::uint32_t, base::TimerId> open_;  ///< by resource
};

}  // namespace herald::server
