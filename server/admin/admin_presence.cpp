// server/admin/admin_presence.cpp: presence as programs say and read it.
#include "server/admin/admin_presence.h"

#include <algorithm>
#include <utility>

#include "packages/presence.h"
#include "server/admin/admin_carrier.h"
#include "server/publish/state_orders.h"

namespace herald::server {

namespace {

constexpr const char* kPidf = "application/pidf+xml";

/// As it is kept: no PUBLISH has a blank in its source.
std::string source_of(const std::string& program) {
    return "web " + program;
}

const Publication* own_of(Shard& shard, const std::string& aor, const std::string& program) {
    auto& resources = shard.context().resources;
    const auto slot = resources.find(packages::presence(), aor);
    return slot == Resource::kNone ? nullptr : resources[slot].by_source(source_of(program));
}

std::string composed_of(Shard& shard, const std::string& aor) {
    auto& context = shard.context();
    const auto slot = context.resources.find(packages::presence(), aor);
    Resource nobody;
    nobody.aor = aor;
    nobody.package = &packages::presence();
    nobody.installed = &context.resources.installed(packages::presence());
    Resource& resource = slot == Resource::kNone ? nobody : context.resources[slot];
    ViewState view;
    return resource.compose(view, context.wall()).document.body;
}

StateOrder order_of(const PresenceOrder& wanted, const std::string& aor) {
    StateOrder order;
    order.package = &packages::presence();
    order.aor = aor;
    order.source = source_of(wanted.source);
    order.rank = packages::Rank::published;
    order.condition = wanted.condition;
    return order;
}

class ShardPresence final : public PresenceAdmin {
public:
    explicit ShardPresence(const AdminCarrier& carrier) : carrier_(carrier) {}

    Result<std::vector<PresenceInfo>> find(const std::vector<std::string>& aors) override;
    Result<OwnPresence> own(const std::string& aor, const std::string& source) override;
    Result<HardStateChange> put(const PresenceOrder& order) override;
    Status remove(const PresenceOrder& order) override;

private:
    using Texts = std::vector<std::string>;

    Result<Texts> ours(const Texts& aors) const;
    Result<HardStateChange> change(StateOrder order, std::chrono::seconds ttl) const;

    const AdminCarrier& carrier_;
};

/// What they stand for.
Result<ShardPresence::Texts> ShardPresence::ours(const Texts& aors) const {
    Texts known;
    for (const auto& aor : aors) {
        auto known_as = carrier_.our_aor(aor);
        if (!known_as) return known_as.fault();
        known.push_back(*std::move(known_as));
    }
    return carrier_.ask<Texts>(carrier_.first(), [known](Shard& shard, auto answer) {
        Texts resolved;
        for (const auto& aor : known) resolved.emplace_back(shard.context().aliases.resolve(aor));
        answer(std::move(resolved));
    });
}

/// Each shard is asked once, for all it has.
Result<std::vector<PresenceInfo>> ShardPresence::find(const Texts& aors) {
    const auto resolved = ours(aors);
    if (!resolved) return resolved.fault();
    std::vector<PresenceInfo> found(aors.size());
    for (Shard* shard : carrier_.shards()) {
        std::vector<std::size_t> places;
        Texts theirs;
        for (std::size_t i = 0; i < aors.size(); ++i) {
            if (&carrier_.owner_of((*resolved)[i]) != shard) continue;
            places.push_back(i);
            theirs.push_back((*resolved)[i]);
        }
        if (places.empty()) continue;
        auto bodies = carrier_.ask<Texts>(*shard, [theirs](Shard& owner, auto answer) {
            Texts composed;
            for (const auto& aor : theirs) composed.push_back(composed_of(owner, aor));
            answer(std::move(composed));
        });
        if (!bodies) return bodies.fault();
        for (std::size_t i = 0; i < places.size(); ++i)
            found[places[i]] = {aors[places[i]], std::move((*bodies)[i])};
    }
    return found;
}

Result<OwnPresence> ShardPresence::own(const std::string& aor, const std::string& source) {
    const auto resource = carrier_.our_resource(aor);
    if (!resource) return resource.fault();
    return carrier_.ask<OwnPresence>(
        carrier_.owner_of(*resource), [aor = *resource, source](Shard& shard, auto answer) {
            const auto* own = own_of(shard, aor, source);
            if (!own) return answer(Fault{FaultKind::not_found, "Nothing is set here"});
            const auto left = std::chrono::duration_cast<std::chrono::seconds>(
                own->expires_at - shard.context().wall());
            answer(OwnPresence{own->body, own->entity_tag,
                               std::max(left, std::chrono::seconds::zero())});
        });
}

Result<HardStateChange> ShardPresence::change(StateOrder order, std::chrono::seconds ttl) const {
    auto& owner = carrier_.owner_of(order.aor);
    return carrier_.ask<HardStateChange>(
        owner, [order = std::move(order), ttl](Shard& shard, auto answer) mutable {
            if (order.document) order.expires_at = shard.context().wall() + ttl;
            shard.orders().change(std::move(order), [answer](Result<HardStateChange> done) {
                answer(std::move(done));
            });
        });
}

Result<HardStateChange> ShardPresence::put(const PresenceOrder& wanted) {
    const auto resource = carrier_.our_resource(wanted.aor);
    if (!resource) return resource.fault();
    auto order = order_of(wanted, *resource);
    order.document = packages::Document{kPidf, wanted.body};
    return change(std::move(order), wanted.ttl);
}

Status ShardPresence::remove(const PresenceOrder& wanted) {
    const auto resource = carrier_.our_resource(wanted.aor);
    if (!resource) return resource.fault();
    const auto done = change(order_of(wanted, *resource), {});
    return done ? Status{} : Status(done.fault());
}

}  // namespace

std::unique_ptr<PresenceAdmin> presence_admin(const AdminCarrier& carrier) {
    return std::make_unique<ShardPresence>(carrier);
}

}  // namespace herald::server
