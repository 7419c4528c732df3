// server/notify/watcher_rules.cpp: rules as they change, and what becomes of the live
// subscriptions.
#include "server/notify/watcher_rules.h"

#include <algorithm>
#include <utility>

#include "packages/package.h"
#include "server/core/judge.h"
#include "server/core/slices.h"

namespace herald::server {

namespace {

/// The wheel turns once in 49 days, and the wall clock may be set.
constexpr std::chrono::milliseconds kLongestSleep = std::chrono::hours(24);

const CompiledRules* rules_of(const Policies::Said& said) noexcept {
    const auto& policy = said.own ? said.own : said.domain;
    return policy ? policy->rules() : nullptr;
}

}  // namespace

WatcherRules::WatcherRules(Context& context, NotifySender& sender, LiveSubscriptions& live)
    : context_(context),
      sender_(sender),
      live_(live),
      counts_(context),
      rows_(context, live),
      decisions_(context, live, [this](Id id) { judge_one(id); }),
      judged_(context.metrics.counter("herald_subscriptions_judged_total",
                                      "Live subscriptions looked at because rules changed")) {
    context_.fan_out.on_changed([this](std::uint32_t slot) { on_changed(slot); });
}

void WatcherRules::put(const PolicyPtr& policy) {
    const auto scope = policy->row().scope;
    counts_.note_external_lists(*policy);
    if (const auto earlier = context_.policies.find(scope)) counts_.remove(*earlier);
    context_.policies.put(policy);
    if (const auto kept = context_.policies.find(scope)) counts_.add(*kept);
    arm_boundary(scope);
    judge_scope(scope);
}

void WatcherRules::judge_scope(std::string_view scope) {
    const bool is_domain = scope.find(':') == std::string_view::npos;
    if (!is_domain) return judge_owner(scope);
    // All together: each owner's watchers may be few, and the owners many.
    std::vector<Id> ids;
    context_.resources.for_each([&](std::uint32_t, const Resource& resource) {
        if (domain_of(resource.aor) == scope) add_watchers(resource, ids);
    });
    judge(std::move(ids));
    for (const auto& owner : live_.waiting().owners())
        if (domain_of(owner) == scope) judge_waiting(owner);
}

void WatcherRules::judge_owner(std::string_view owner) {
    if (!context_.is_owner_of(owner)) return;
    std::vector<Id> ids;
    for (const auto* package : packages::all()) {
        const auto slot = context_.resources.find(*package, owner);
        if (slot != Resource::kNone) add_watchers(context_.resources[slot], ids);
    }
    judge(std::move(ids));
    judge_waiting(owner);
}

void WatcherRules::add_watchers(const Resource& resource, std::vector<Id>& ids) const {
    for (const auto watcher : resource.watchers)
        ids.push_back(context_.subscriptions.id_of(watcher));
}

void WatcherRules::judge_all() {
    std::vector<Id> ids;
    context_.subscriptions.for_each([&](std::uint32_t slot, const Subscription&) {
        ids.push_back(context_.subscriptions.id_of(slot));
    });
    judge(std::move(ids));
}

void WatcherRules::judge(std::vector<Id> ids) {
    // What is withdrawn is withheld soon, and those who are let in are told as fast as any change;
    // but not faster than the store can follow where that is asked.
    const auto pause = [this] {
        constexpr std::size_t kFewChanges = 1000;
        return std::chrono::milliseconds(context_.port.waiting() < kFewChanges ? 1 : 10);
    };
    in_slices(
        context_.loop, std::move(ids), [this](Id id) { judge_one(id); }, pause);
}

/// The owner decided about a watcher that only waits by now (RFC 3857 4.7.1).
void WatcherRules::judge_waiting(std::string_view owner) {
    std::vector<std::pair<std::uint64_t, packages::WatcherEvent>> decided;
    for (const auto* entry : live_.waiting().of(owner)) {
        Identity who;
        who.aor = entry->watcher;
        who.account = context_.accounts.find(who.aor);
        const auto handling = server::judge(context_, *entry->package, owner, who).handling;
        if (handling == SubHandling::confirm) continue;
        decided.emplace_back(entry->id, handling == SubHandling::block
                                            ? packages::WatcherEvent::rejected
                                            : packages::WatcherEvent::approved);
    }
    for (const auto& [id, event] : decided) live_.waiting().remove(id, event);
}

void WatcherRules::judge_one(Id id) {
    auto* record = context_.subscriptions.find(id);
    if (!record || record->is_fetch) return;
    if (record->is_changing) {
        // What is under way was decided before.
        if (live_.wait(id, [this, id] { judge_one(id); })) return;
        context_.loop.timers().arm(context_.loop.now() + kExpiryRetry,
                                   [this, id] { judge_one(id); });
        return;
    }
    if (!record->is_live()) return;
    judged_.add();
    apply(id, *record, server::judge(context_, *record));
}

void WatcherRules::apply(Id id, Subscription& record, const Judgement& judgement) {
    if (judgement.handling == SubHandling::block) {
        record.is_bodiless = true;
        return live_.run_out(id, EndReason::rejected);
    }
    if (!judgement.is_active()) {
        if (record.state == SubscriptionState::active) suspend(id, record);
        return;
    }
    show(id, record, judgement.permissions);
    if (record.state == SubscriptionState::pending) grant(id, record);
}

void WatcherRules::grant(Id id, Subscription& record) {
    context_.loop.timers().cancel(record.decision);
    context_.subscriptions.move(record, SubscriptionInput::grant);
    rows_.add(id, record);
    sender_.notify(id);
}

void WatcherRules::suspend(Id id, Subscription& record) {
    context_.subscriptions.move(record, SubscriptionInput::suspend);
    live_.await_decision(id);
    rows_.add(id, record);
    sender_.notify(id);
}

/// The class of documents it gets from now on. There is no NOTIFY if the new one tells it the same.
void WatcherRules::show(Id id, Subscription& record, const PermissionsPtr& permissions) {
    auto& resource = context_.resources[record.resource];
    // A copy: view_for() may move the views.
    auto audience = resource.views[record.view].audience();
    audience.permissions = permissions;
    const auto view = resource.view_for(resource.views[record.view].type, audience);
    if (view == record.view) return;
    record.view = view;
    // A partial document would be about changes of another document than the one he knows.
    if (resource.package->profile().is_partial || !audience.manner.empty())
        record.sent_fingerprint = 0;
    if (record.state != SubscriptionState::active) return;
    // The confirmation is about a document that he is not to have any more.
    rows_.add(id, record);
    sender_.send(id);
}

/// Before the watchers of a resource are told what changed: it may change who may be told.
void WatcherRules::on_changed(std::uint32_t slot) {
    if (context_.policies.is_empty()) return;
    const auto& resource = context_.resources[slot];
    if (resource.package != &packages::ruled_by_default()) return;
    const auto* rules = rules_of(context_.policies.for_owner(resource.aor));
    if (!rules || !rules->asks_for_sphere()) return;
    const std::string owner = resource.aor;
    const auto sphere = sphere_of(context_, owner).value_or("");
    const auto known = spheres_.find(owner);
    if ((known == spheres_.end() ? std::string() : known->second) == sphere) return;
    if (sphere.empty()) {
        spheres_.erase(owner);
    } else {
        spheres_[owner] = sphere;
    }
    judge_owner(owner);
}

void WatcherRules::arm_boundary(const std::string& scope) {
    auto& timers = context_.loop.timers();
    if (const auto armed = boundaries_.find(scope); armed != boundaries_.end()) {
        timers.cancel(armed->second);
        boundaries_.erase(armed);
    }
    const bool is_owner = scope.find(':') != std::string::npos;
    const auto policy = context_.policies.find(scope);
    if (!policy || !policy->rules() || (is_owner && !context_.is_owner_of(scope))) return;
    const auto next = policy->rules()->next_boundary(context_.wall());
    if (!next) return;
    const auto left = std::min<std::chrono::milliseconds>(*next - context_.wall(), kLongestSleep);
    boundaries_[scope] = timers.arm(context_.loop.now() + left, [this, scope, next = *next] {
        if (context_.wall() >= next) judge_scope(scope);
        arm_boundary(scope);
    });
}

void WatcherRules::resume(const Cells& cells) {
    for (const auto& policy : context_.policies.page({}, context_.policies.size())) {
        const auto& scope = policy->row().scope;
        const bool is_owner = scope.find(':') != std::string::npos;
        if (!cells.one) counts_.add(*policy);
        if (!cells.one || (is_owner && context_.is_in(cells, scope))) arm_boundary(scope);
    }
    // With accounts there are delegations, too.
    const bool has_rules =
        !context_.policies.is_empty() || context_.config.auth == AuthMode::digest;
    std::vector<Id> ids;
    context_.resources.for_each_of(cells, [&](std::uint32_t, const Resource& resource) {
        for (const auto slot : resource.watchers) {
            if (has_rules || context_.subscriptions[slot].state == SubscriptionState::pending)
                ids.push_back(context_.subscriptions.id_of(slot));
        }
    });
    judge(std::move(ids));
    for (const auto& owner : live_.waiting().owners()) {
        if (context_.is_in(cells, owner)) judge_waiting(owner);
    }
}

void WatcherRules::forget_some(Cell cell, Forgetting& forgetting) {
    const auto is_of_cell = [&](const auto& entry) {
        const bool is_owner = entry.first.find(':') != std::string::npos;
        return is_owner && context_.cell_of(entry.first) == cell;
    };
    forgetting.erase(spheres_, is_of_cell);
    forgetting.erase(boundaries_, is_of_cell,
                     [&](auto& entry) { context_.loop.timers().cancel(entry.second); });
}

}  // namespace herald::server
