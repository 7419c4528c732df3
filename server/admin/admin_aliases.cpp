// server/admin/admin_aliases.cpp: aliases as an operator reads, sets and removes them: durable
// first, then known to every shard, then whoever watched through one is sent to where it leads now.
#include "server/admin/admin_aliases.h"

#include <mutex>
#include <utility>

#include "server/admin/admin_carrier.h"
#include "server/admin/admin_page.h"
#include "server/notify/moved_subscriptions.h"

namespace herald::server {

namespace {

/// The package under which an address has permanent state; empty: none.
std::string what_stays(Context& context, const std::string& aor) {
    for (const auto* package : packages::all()) {
        const auto slot = context.resources.find(*package, aor);
        if (slot == Resource::kNone) continue;
        for (const auto& publication : context.resources[slot].publications) {
            if (publication.is_permanent() && publication.is_stored())
                return std::string(package->profile().event);
        }
    }
    return {};
}

class ShardAliases final : public AliasAdmin {
public:
    explicit ShardAliases(const AdminCarrier& carrier) : carrier_(carrier) {}

    Result<store::Alias> find(std::string_view aor) override;
    Result<AliasPage> page(std::string_view resource, std::string_view after,
                           std::size_t limit) override;
    Result<bool> put(std::string_view aor, std::string_view resource) override;
    Status remove(std::string_view aor) override;

private:
    /// Each shard looks only at the resource the alias led to so far. An empty resource removes the
    /// alias.
    Status share(store::Change change, const store::Alias& alias);
    /// Permanent state of the address itself would be out of reach.
    Status check_nothing_stays(const std::string& aor);

    const AdminCarrier& carrier_;
    /// Aliases are checked and changed one after the other. Held by HTTP threads only.
    std::mutex mutex_;
};

Result<store::Alias> ShardAliases::find(std::string_view aor) {
    auto ours = carrier_.our_aor(aor);
    if (!ours) return ours.fault();
    auto resource = carrier_.resource_of(*ours);
    if (!resource) return resource.fault();
    if (*resource == *ours) return Fault{FaultKind::not_found, *ours + " is no alias"};
    return store::Alias{*std::move(ours), *std::move(resource)};
}

Result<AliasPage> ShardAliases::page(std::string_view resource, std::string_view after,
                                     std::size_t limit) {
    std::string of;
    if (!resource.empty()) {
        auto ours = carrier_.our_aor(resource);
        if (!ours) return ours.fault();
        of = *std::move(ours);
    }
    limit = page_size(limit);
    return carrier_.ask<AliasPage>(
        carrier_.first(), [of, after = std::string(after), limit](Shard& shard, auto answer) {
            AliasPage page;
            page.rows = shard.context().aliases.page(of, after, limit + 1, page.total);
            if (page.rows.size() > limit) {
                page.rows.pop_back();
                page.next = page.rows.back().aor;
            }
            answer(std::move(page));
        });
}

Status ShardAliases::share(store::Change change, const store::Alias& alias) {
    return carrier_.share(std::move(change), [alias](Shard& each) {
        auto& aliases = each.context().aliases;
        const std::string before(aliases.resolve(alias.aor));
        if (alias.resource.empty()) {
            aliases.remove(alias.aor);
        } else {
            aliases.put(alias);
        }
        each.moved_subscriptions().end_those_of(before);
    });
}

Status ShardAliases::check_nothing_stays(const std::string& aor) {
    auto stays = carrier_.ask<std::string>(
        carrier_.owner_of(aor),
        [aor](Shard& shard, auto answer) { answer(what_stays(shard.context(), aor)); });
    if (!stays) return stays.fault();
    if (stays->empty()) return {};
    return Fault{
        FaultKind::conflict,
        aor + " has " + *stays + " state of its own that an operator set; remove it first"};
}

Result<bool> ShardAliases::put(std::string_view aor, std::string_view resource) {
    auto ours = carrier_.our_aor(aor);
    if (!ours) return ours.fault();
    auto target = carrier_.our_aor(resource);
    if (!target) return target.fault();
    const store::Alias alias{*std::move(ours), *std::move(target)};

    const std::lock_guard lock(mutex_);
    auto allowed = carrier_.order(carrier_.first(), [alias](Shard& shard, auto answer) {
        auto& context = shard.context();
        answer(context.aliases.check(alias, context.config.max_aliases));
    });
    if (!allowed) return allowed.fault();
    auto before = carrier_.resource_of(alias.aor);
    if (!before) return before.fault();
    const bool is_new = *before == alias.aor;
    if (is_new) {
        if (auto free = check_nothing_stays(alias.aor); !free) return free.fault();
    }
    auto done = share(store::PutAlias{alias}, alias);
    return done ? Result<bool>(is_new) : Result<bool>(done.fault());
}

Status ShardAliases::remove(std::string_view aor) {
    const std::lock_guard lock(mutex_);
    auto found = find(aor);
    if (!found) return found.fault();
    return share(store::RemoveAlias{found->aor}, {found->aor, {}});
}

}  // namespace

std::unique_ptr<AliasAdmin> alias_admin(const AdminCarrier& carrier) {
    return std::make_unique<ShardAliases>(carrier);
}

}  // namespace herald::server
