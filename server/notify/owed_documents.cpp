// server/notify/owed_documents.cpp: what a NOTIFY tells its watcher.
#include "server/notify/owed_documents.h"

#include <algorithm>

namespace herald::server {

namespace {

/// The wall clock may be set meanwhile.
constexpr std::chrono::milliseconds kLongestLook = std::chrono::hours(1);
/// A document that changes by itself all the time must not keep its shard busy composing.
constexpr std::chrono::milliseconds kShortestLook = std::chrono::seconds(1);

/// What was sent last, by this run, has been answered, and no SUBSCRIBE asks for everything (RFC
/// 4235 3.7): after a start the numbers of documents jump.
bool is_certain(const Subscription& record) {
    return record.sent_fingerprint != 0 && record.last_notify != base::Instant{} &&
           !is_forced(record.notify_state) && record.state == SubscriptionState::active;
}

}  // namespace

bool OwedDocuments::is_alert(Id id, const Subscription& record) {
    if (record.state != SubscriptionState::active) return false;
    if (context_.resources[record.resource].is_watcher_log()) return false;
    const auto& composed = *composed_view(record, context_.resources[record.resource]).composed;
    if (!composed.parts.empty()) {
        const auto told = told_parts_.find(pack(id));
        return told != told_parts_.end() && told->second.is_alert(composed);
    }
    return record.sent_fingerprint != 0 && composed.alert != record.sent_alert;
}

bool OwedDocuments::has_news(Id id, const Subscription& record) {
    if (is_forced(record.notify_state) || record.state == SubscriptionState::ending) return true;
    if (record.state != SubscriptionState::active) return false;
    auto& resource = context_.resources[record.resource];
    // Watchers that come and go by the thousand must not be composed for one by one.
    if (resource.is_watcher_log()) return resource.version != record.sent_fingerprint;
    const auto& view = composed_view(record, resource);
    const bool is_same = view.fingerprint == record.sent_fingerprint;
    const bool has_items = view.composed->newest_item > record.told;
    if (view.composed->parts.empty()) return !is_same || (has_items && record.told != 0);
    if (is_same && !has_items) return false;
    return told_parts_[pack(id)].owed(*view.composed).has_value();
}

/// The document of a watcher's class as of now.
ViewState& OwedDocuments::composed_view(const Subscription& record, Resource& resource) {
    auto& view = resource.views[record.view];
    const auto& stale_at = resource.compose(view, context_.wall()).stale_at;
    if (!stale_at) return view;
    const bool is_known = resource.stale_at != base::WallTime{} && resource.stale_at <= *stale_at;
    if (!is_known) look_again_at(record.resource, *stale_at);
    return view;
}

/// A document that changes by itself is composed anew when it does (RFC 4480 3.1: `until` passes),
/// a second after it was composed last at the earliest. Whoever is told the same by the new one
/// hears nothing.
void OwedDocuments::look_again_at(std::uint32_t slot, base::WallTime stale_at) {
    auto& resource = context_.resources[slot];
    resource.stale_at = stale_at;
    const auto left = std::clamp<std::chrono::milliseconds>(stale_at - context_.wall(),
                                                            kShortestLook, kLongestLook);
    auto& timers = context_.loop.timers();
    auto& look = looks_[slot];
    timers.cancel(look);
    look = timers.arm(context_.loop.now() + left,
                      [this, slot, package = resource.package, aor = resource.aor] {
                          looks_.erase(slot);
                          // Another resource may have the slot by now.
                          if (context_.resources.find(*package, aor) != slot) return;
                          context_.resources[slot].stale_at = {};
                          context_.fan_out.changed(slot);
                      });
}

void OwedDocuments::forget_resource(std::uint32_t slot) {
    const auto look = looks_.find(slot);
    if (look == looks_.end()) return;
    context_.loop.timers().cancel(look->second);
    looks_.erase(look);
}

void OwedDocuments::owe_all(Id id, Subscription& record) {
    record.told = 0;
    if (!told_parts_.empty()) told_parts_.erase(pack(id));
}

Portion OwedDocuments::take(Id id, Subscription& record) {
    auto& resource = context_.resources[record.resource];
    auto& view = composed_view(record, resource);
    if (!view.composed->parts.empty()) return take_part(id, record, resource, view);
    if (!told_parts_.empty()) told_parts_.erase(pack(id));
    const bool knows_nothing = record.told == 0 || is_forced(record.notify_state);
    const auto known = !resource.package->profile().is_partial ? record.told
                       : knows_nothing                         ? 0
                                                               : record.sent_fingerprint;
    Portion portion;
    portion.composed = resource.compose_since(view, {known, is_certain(record)}, context_.wall());
    view.note_listing(resource.version);
    portion.fingerprint = view.fingerprint;
    portion.told = std::exchange(record.told, resource.version);
    record.sent_alert = portion.composed->alert;
    return portion;
}

/// One part of those that are owed; the others follow, each after the answer to the one before.
/// Whoever loses the subscription is told no more than that.
Portion OwedDocuments::take_part(Id id, Subscription& record, Resource& resource, ViewState& view) {
    auto& told = told_parts_[pack(id)];
    const std::size_t index = told.owed(*view.composed).value_or(0);
    const auto& part = view.composed->parts[index];
    Portion portion;
    portion.told = told.note(part, resource.version);
    portion.part = part.name;
    const auto known = resource.compose_since(view, {portion.told}, context_.wall());
    portion.composed = {known, &known->parts[index]};
    const bool is_sole =
        record.state == SubscriptionState::ending && record.reason != EndReason::timeout;
    portion.has_more = !is_sole && told.owed(*view.composed).has_value();
    portion.fingerprint = portion.has_more ? 0 : view.fingerprint;
    if (!portion.has_more) record.told = resource.version;
    record.sent_alert = view.composed->alert;
    return portion;
}

void OwedDocuments::take_back(Id id, Subscription& record, const Portion& portion) {
    if (!portion.part) {
        // 0: a synchronising NOTIFY became due meanwhile.
        if (record.told != 0) record.told = portion.told;
        return;
    }
    const auto found = told_parts_.find(pack(id));
    if (found != told_parts_.end()) found->second.take_back(*portion.part, portion.told);
}

void OwedDocuments::note_told(Id id, Subscription& record) {
    auto& resource = context_.resources[record.resource];
    const auto& view = composed_view(record, resource);
    record.sent_fingerprint = view.fingerprint;
    record.sent_alert = view.composed->alert;
    record.told = resource.version;
    for (const auto& part : view.composed->parts)
        told_parts_[pack(id)].note(part, resource.version);
}

}  // namespace herald::server
