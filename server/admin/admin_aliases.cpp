// server/admin/admin_aliases.cpp: aliases as an operator sets and removes them: durable first, then
// known to every shard, then whoever watched through one is sent to where it leads now.
#include <mutex>

#include "server/admin/admin_ask.h"
#include "server/admin/admin_service.h"

namespace herald::server {

namespace {

constexpr std::size_t kMostRows = 1000;

/// What of a resource stays for ever, by package; empty: nothing does.
std::string what_stays(Context& context, const std::string& aor) {
    for (const auto* package : packages::all()) {
        const auto slot = context.resources.find(*package, aor);
        if (slot == Resource::kNone) continue;
        for (const auto& publication : context.resources[slot].publications) {
            if (publication.is_hard() && !publication.is_derived())
                return std::string(package->profile().event);
        }
    }
    return {};
}

}  // namespace

Result<std::string> AdminService::resource_of(const std::string& aor) const {
    return ask<std::string>(*shards_.front(), [aor](Shard& shard, auto answer) {
        answer(std::string(shard.context().aliases.resolve(aor)));
    });
}

Result<store::Alias> AdminService::alias(std::string_view aor) {
    auto ours = our_aor(aor);
    if (!ours) return ours.fault();
    auto resource = resource_of(*ours);
    if (!resource) return resource.fault();
    if (*resource == *ours) return Fault{FaultKind::not_found, *ours + " is no alias"};
    return store::Alias{*std::move(ours), *std::move(resource)};
}

Result<AliasPage> AdminService::aliases(std::string_view resource, std::string_view after,
                                        std::size_t limit) {
    std::string of;
    if (!resource.empty()) {
        auto ours = our_aor(resource);
        if (!ours) return ours.fault();
        of = *std::move(ours);
    }
    limit = std::clamp<std::size_t>(limit, 1, kMostRows);
    return ask<AliasPage>(
        *shards_.front(), [of, after = std::string(after), limit](Shard& shard, auto answer) {
            AliasPage page;
            page.rows = shard.context().aliases.page(of, after, limit + 1, page.total);
            if (page.rows.size() > limit) {
                page.rows.pop_back();
                page.next = page.rows.back().aor;
            }
            answer(std::move(page));
        });
}

/// Each shard looks only at the resource the alias led to so far. Without resource: it is one no
/// more.
Status AdminService::tell_alias(const store::Alias& alias) {
    for (auto* shard : shards_) {
        auto told = ask<bool>(*shard, [alias](Shard& each, auto answer) {
            auto& aliases = each.context().aliases;
            const std::string before(aliases.resolve(alias.aor));
            if (alias.resource.empty()) {
                aliases.remove(alias.aor);
            } else {
                aliases.put(alias);
            }
            each.notifier().send_elsewhere(before);
            answer(true);
        });
        if (!told) return told.fault();
    }
    return {};
}

/// What is set for ever under the address itself would be out of reach.
Status AdminService::check_nothing_stays(const std::string& aor) {
    auto stays = ask<std::string>(owner_of(aor), [aor](Shard& shard, auto answer) {
        answer(what_stays(shard.context(), aor));
    });
    if (!stays) return stays.fault();
    if (stays->empty()) return {};
    return Fault{
        FaultKind::conflict,
        aor + " has " + *stays + " state of its own that an operator set; remove it first"};
}

Result<bool> AdminService::put_alias(std::string_view aor, std::string_view resource) {
    auto ours = our_aor(aor);
    if (!ours) return ours.fault();
    auto target = our_aor(resource);
    if (!target) return target.fault();
    const store::Alias alias{*std::move(ours), *std::move(target)};

    const std::lock_guard lock(alias_mutex_);
    auto allowed = ask<bool>(*shards_.front(), [alias](Shard& shard, auto answer) {
        auto& context = shard.context();
        const auto checked = context.aliases.check(alias, context.config.max_aliases);
        answer(checked ? Result<bool>(true) : Result<bool>(checked.fault()));
    });
    if (!allowed) return allowed.fault();
    auto before = resource_of(alias.aor);
    if (!before) return before.fault();
    const bool is_new = *before == alias.aor;
    if (is_new) {
        if (auto free = check_nothing_stays(alias.aor); !free) return free.fault();
    }
    if (auto done = commit(store::PutAlias{alias}); !done) return done.fault();
    if (auto told = tell_alias(alias); !told) return told.fault();
    return is_new;
}

Status AdminService::remove_alias(std::string_view aor) {
    const std::lock_guard lock(alias_mutex_);
    auto found = alias(aor);
    if (!found) return found.fault();
    if (auto done = commit(store::RemoveAlias{found->aor}); !done) return done;
    return tell_alias({found->aor, {}});
}

}  // namespace herald::server
