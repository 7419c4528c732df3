// server/admin/admin_hooks.cpp: events that wait to be posted, carried to the shard that has them.
#include "server/admin/admin_hooks.h"

#include <utility>

#include "server/admin/admin_carrier.h"
#include "server/shard/agents.h"

namespace herald::server {

namespace {

class ShardHooks final : public HookAdmin {
public:
    explicit ShardHooks(const AdminCarrier& carrier) : carrier_(carrier) {}

    Status keep(std::vector<QueuedEvent> events) override {
        return carrier_.order(owner(), [events = std::move(events)](Shard& shard, auto answer) {
            shard.agents().get<HookQueue>().keep(events, answer);
        });
    }
    Status drop(std::vector<std::uint64_t> ids) override {
        return carrier_.order(owner(), [ids = std::move(ids)](Shard& shard, auto answer) {
            shard.agents().get<HookQueue>().drop(ids, answer);
        });
    }
    Result<std::vector<QueuedEvent>> page(std::uint64_t after, std::size_t most) override {
        return carrier_.ask<std::vector<QueuedEvent>>(
            owner(), [after, most](Shard& shard, auto answer) {
                answer(shard.agents().get<HookQueue>().page(after, most));
            });
    }

private:
    Shard& owner() const { return carrier_.owner_of(kHookAddress); }

    const AdminCarrier& carrier_;
};

}  // namespace

std::unique_ptr<HookAdmin> hook_admin(const AdminCarrier& carrier) {
    return std::make_unique<ShardHooks>(carrier);
}

}  // namespace herald::server
