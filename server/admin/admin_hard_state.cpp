// server/admin/admin_hard_state.cpp: hard state of a resource as an operator reads, sets and
// removes it.
#include "server/admin/admin_hard_state.h"

#include <optional>
#include <utility>

#include "server/admin/admin_carrier.h"
#include "server/publish/state_orders.h"

namespace herald::server {

namespace {

class ShardHardState final : public HardStateAdmin {
public:
    explicit ShardHardState(const AdminCarrier& carrier) : carrier_(carrier) {}

    Result<HardState> find(std::string_view package, std::string_view aor) override;
    Result<HardStateChange> put(std::string_view package, std::string_view aor,
                                std::string_view type, std::string_view body,
                                const HardCondition& condition) override;
    Status remove(std::string_view package, std::string_view aor,
                  const HardCondition& condition) override;

private:
    Result<HardStateChange> change(HardOrder order);

    const AdminCarrier& carrier_;
};

Result<HardState> ShardHardState::find(std::string_view package, std::string_view aor) {
    auto which = carrier_.named(package, aor);
    if (!which) return which.fault();
    return carrier_.ask<HardState>(
        carrier_.owner_of(which->aor), [named = *which](Shard& shard, auto answer) {
            const auto* set = shard.orders().hard_state(*named.package, named.aor);
            if (!set) return answer(Fault{FaultKind::not_found, "Nothing is set here"});
            answer(HardState{set->type, set->body, set->entity_tag, set->arrived});
        });
}

Result<HardStateChange> ShardHardState::change(HardOrder order) {
    auto& owner = carrier_.owner_of(order.aor);
    return carrier_.ask<HardStateChange>(
        owner, [order = std::move(order)](Shard& shard, auto answer) {
            shard.orders().change_hard_state(
                order, [answer](Result<HardStateChange> done) { answer(std::move(done)); });
        });
}

Result<HardStateChange> ShardHardState::put(std::string_view package, std::string_view aor,
                                            std::string_view type, std::string_view body,
                                            const HardCondition& condition) {
    auto which = carrier_.named(package, aor);
    if (!which) return which.fault();
    packages::Document document{std::string(type), std::string(body)};
    return change({which->package, which->aor, std::move(document), condition});
}

Status ShardHardState::remove(std::string_view package, std::string_view aor,
                              const HardCondition& condition) {
    auto which = carrier_.named(package, aor);
    if (!which) return which.fault();
    auto done = change({which->package, which->aor, std::nullopt, condition});
    return done ? Status{} : Status(done.fault());
}

}  // namespace

std::unique_ptr<HardStateAdmin> hard_state_admin(const AdminCarrier& carrier) {
    return std::make_unique<ShardHardState>(carrier);
}

}  // namespace herald::server
