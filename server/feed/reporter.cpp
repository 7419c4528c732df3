// server/feed/reporter.cpp: what happens in a shard, as events.
#include "server/feed/reporter.h"

#include <utility>

#include "packages/mailbox.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;
using packages::Cause;
using packages::WatcherEvent;
using packages::WatcherStatus;

/// Longest text of a reason, which peers may choose.
constexpr std::size_t kMostWhy = 200;

bool is_new(SubscriptionState before) noexcept {
    return before == SubscriptionState::committing;
}

bool is_over(SubscriptionState state) noexcept {
    return state == SubscriptionState::ending || state == SubscriptionState::gone;
}

std::string cut(std::string_view text) {
    return std::string(text.substr(0, kMostWhy));
}

}  // namespace

Reporter::Reporter(Context& context, Feed::Inlet& inlet, const Sources& sources)
    : context_(context), inlet_(inlet) {
    context.subscriptions.on_move(
        [this](const Subscription& record, SubscriptionState before) { on_move(record, before); });
    sources.watchers.on_told(
        [this](const packages::Package& package, std::string_view aor,
               const packages::Watcher& watcher) { on_waiting(package, aor, watcher); });
    sources.sender.silent().on_silent([this](const Subscription& record) { on_silent(record); });
    sources.sender.gone().on_removed([this](const Subscription& record, std::string_view why) {
        removed_ = record.id;
        removed_why_ = why;
    });
    sources.bindings.on_binding([this](const std::string& aor, const packages::Binding& binding,
                                       Cause cause) { on_binding(aor, binding, cause); });
    sources.upstream.pbxs().on_change([this](const std::string& pbx, bool is_up,
                                             std::string_view why) { on_pbx(pbx, is_up, why); });
    sources.audit.on_added([this](const store::AuditEntry& entry) {
        tell({.kind = EventKind::rule_changed,
              .resource = entry.resource,
              .details = {{"actor", entry.actor}, {"action", entry.action}}});
    });
    context.authenticator.on_refused([this](const Authenticator::Refused& refused) {
        tell({.kind = EventKind::auth_refused,
              .resource = std::string(refused.aor),
              .details = {{"user", cut(refused.user)},
                          {"peer", refused.peer.to_string()},
                          {"reason", std::string(refused.why)}}});
    });
}

void Reporter::tell(Event event) {
    if (!is_telling()) return;
    event.at = context_.wall();
    inlet_.post(std::move(event));
}

/// Watchers and bindings are told by events of their own.
void Reporter::on_changed(std::uint32_t slot) {
    if (!is_telling()) return;
    const auto& resource = context_.resources[slot];
    if (context_.rest.is_at_rest(resource.cell)) return;
    const auto& profile = resource.package->profile();
    if (!profile.watchers_of.empty() || profile.is_registration) return;
    const bool is_mailbox = resource.package == &packages::message_summary();
    tell({.kind = is_mailbox ? EventKind::mailbox_changed : EventKind::resource_changed,
          .resource = resource.aor,
          .package = profile.event});
}

Event Reporter::event_of(EventKind kind, const Subscription& record) const {
    const auto& resource = context_.resources[record.resource];
    return {.kind = kind,
            .resource = resource.aor,
            .package = resource.package->profile().event,
            .details = {{"subscription", std::to_string(store::counter_of(record.id))},
                        {"watcher", std::string(record.get(Part::watcher))}}};
}

void Reporter::on_move(const Subscription& record, SubscriptionState before) {
    if (!is_telling() || record.is_fetch || is_over(before)) return;
    // They go, or come, with their cell.
    if (context_.is_at_rest(record)) return;
    const auto tell_of = [&](EventKind kind, std::string_view name, std::string_view value) {
        auto event = event_of(kind, record);
        event.details.emplace_back(name, value);
        tell(std::move(event));
    };
    const bool is_pending = record.state == SubscriptionState::pending;
    if (is_new(before) && record.is_live())
        tell_of(EventKind::subscription_created, "state", name_of(record.state));
    if (is_pending) tell_of(EventKind::watcher_pending, "state", "pending");
    if (before == SubscriptionState::pending) {
        const bool is_rejected = is_over(record.state) && record.reason == EndReason::rejected;
        if (record.state == SubscriptionState::active)
            tell_of(EventKind::watcher_decided, "state", "active");
        if (is_rejected) tell_of(EventKind::watcher_decided, "state", "rejected");
    }
    if (is_over(record.state) && !is_new(before))
        tell_of(EventKind::subscription_ended, "reason", reason_of(record));
}

/// Of RFC 6665, or what the last NOTIFY met: its status, "timeout", "failures".
std::string_view Reporter::reason_of(const Subscription& record) const {
    if (record.state == SubscriptionState::ending) return name_of(record.reason);
    return record.id == removed_ ? std::string_view(removed_why_) : "replaced";
}

/// Of whoever has no subscription any more, and is decided about all the same.
void Reporter::on_waiting(const packages::Package& package, std::string_view aor,
                          const packages::Watcher& watcher) {
    if (!is_telling()) return;
    const auto tell_of = [&](EventKind kind, std::string state) {
        tell({.kind = kind,
              .resource = std::string(aor),
              .package = package.profile().event,
              .details = {{"subscription", std::to_string(watcher.id)},
                          {"watcher", std::string(watcher.uri)},
                          {"state", std::move(state)}}});
    };
    if (watcher.status == WatcherStatus::waiting)
        return tell_of(EventKind::watcher_pending, "waiting");
    if (watcher.event == WatcherEvent::approved)
        return tell_of(EventKind::watcher_decided, "active");
    if (watcher.event == WatcherEvent::rejected)
        return tell_of(EventKind::watcher_decided, "rejected");
}

void Reporter::on_silent(const Subscription& record) {
    if (!is_telling()) return;
    const bool is_lost = record.liveness == Liveness::flow_lost;
    tell(
        event_of(is_lost ? EventKind::subscription_lost : EventKind::subscription_suspect, record));
}

void Reporter::on_binding(const std::string& aor, const packages::Binding& binding, Cause cause) {
    if (!is_telling() || context_.is_at_rest(aor)) return;
    const bool is_there = cause == Cause::made || cause == Cause::created;
    tell({.kind = is_there ? EventKind::registration_added : EventKind::registration_gone,
          .resource = aor,
          .details = {{"contact", binding.contact},
                      {"user_agent", cut(binding.user_agent)},
                      {"reason", std::string(name_of(cause))}}});
}

/// A PBX is missed by each shard that has a line there.
void Reporter::on_pbx(const std::string& pbx, bool is_up, std::string_view why) {
    context_.peers.post<Reporter>(pbx, [pbx, is_up, why = cut(why)](Reporter& at_home) {
        at_home.count_pbx(pbx, is_up, why);
    });
}

void Reporter::count_pbx(const std::string& pbx, bool is_up, const std::string& why) {
    auto& missing = missing_[pbx];
    const bool was_up = missing == 0;
    if (is_up && !was_up) --missing;
    if (!is_up) ++missing;
    if (was_up == (missing == 0)) return;
    Event event{.kind = missing == 0 ? EventKind::pbx_up : EventKind::pbx_down,
                .resource = {},
                .details = {{"pbx", pbx}}};
    if (!why.empty()) event.details.emplace_back("reason", why);
    tell(std::move(event));
    if (missing == 0) missing_.erase(pbx);
}

}  // namespace herald::server
