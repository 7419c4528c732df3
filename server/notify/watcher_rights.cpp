// server/notify/watcher_rights.cpp: accounts as they change, and what becomes of the subscriptions
// that they allowed.
#include "server/notify/watcher_rights.h"

#include <utility>

#include "server/core/judge.h"
#include "server/core/slices.h"

namespace herald::server {

WatcherRights::WatcherRights(Context& context, LiveSubscriptions& live, WatcherRules& rules)
    : context_(context),
      live_(live),
      rules_(rules),
      ended_(context.metrics.counter("herald_subscriptions_withdrawn_total",
                                     "Subscriptions that ended with an account")) {}

void WatcherRights::put(AccountPtr account) {
    const auto before = context_.accounts.find(account->aor);
    const std::string aor = account->aor;
    const bool has_other_role = before && before->role != account->role;
    context_.accounts.put(std::move(account));
    rules_.judge_owner(aor);
    if (has_other_role) rules_.judge(subscriptions_of(aor));
}

void WatcherRights::remove(const std::string& aor) {
    const auto own = subscriptions_of(aor);
    context_.accounts.remove(aor);
    end_some(own);
    end_some(watchers_of(aor));
    rules_.judge_owner(aor);
    rules_.judge(own);
}

void WatcherRights::resume(const Cells& cells) {
    if (context_.config.auth != AuthMode::digest) return;
    std::vector<Id> all;
    context_.resources.for_each_of(cells, [&](std::uint32_t, const Resource& resource) {
        for (const auto slot : resource.watchers) all.push_back(context_.subscriptions.id_of(slot));
    });
    end_some(all);
}

std::vector<WatcherRights::Id> WatcherRights::watchers_of(std::string_view aor) const {
    std::vector<Id> found;
    for (const auto* package : packages::all()) {
        const auto slot = context_.resources.find(*package, aor);
        if (slot == Resource::kNone) continue;
        for (const auto watcher : context_.resources[slot].watchers)
            found.push_back(context_.subscriptions.id_of(watcher));
    }
    return found;
}

std::vector<WatcherRights::Id> WatcherRights::subscriptions_of(std::string_view watcher) const {
    std::vector<Id> found;
    if (context_.subscriptions.loads().of_watcher(watcher) == 0) return found;
    context_.subscriptions.for_each([&](std::uint32_t slot, const Subscription& record) {
        if (record.get(PackedText::Part::watcher) == watcher)
            found.push_back(context_.subscriptions.id_of(slot));
    });
    return found;
}

/// nullopt: it is for the rules to say.
std::optional<EndReason> WatcherRights::end_of(const Subscription& record) const {
    if (!context_.knows(context_.resources[record.resource].aor)) return EndReason::noresource;
    const auto who = identity_of(context_, record);
    const bool is_nobody = !who.account && !who.is_open && !who.is_trusted_peer;
    return is_nobody ? std::optional(EndReason::rejected) : std::nullopt;
}

void WatcherRights::end_some(const std::vector<Id>& ids) {
    in_slices(context_.loop, ids, [this](Id id) { end_one(id); });
}

void WatcherRights::end_one(Id id) {
    auto* record = context_.subscriptions.find(id);
    if (!record || record->is_fetch || record->state == SubscriptionState::ending) return;
    const auto reason = end_of(*record);
    if (!reason) return;
    if (record->is_changing) {
        // What is under way was decided before.
        context_.loop.timers().arm(context_.loop.now() + kExpiryRetry, [this, id] { end_one(id); });
        return;
    }
    record->is_bodiless = true;
    ended_.add();
    live_.run_out(id, *reason);
}

}  // namespace herald::server
