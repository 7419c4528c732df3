// server/notify/notify_document.cpp: what a NOTIFY tells: the document of the watcher's class, what
// its watcher lacks, one part after the other.
#include <algorithm>
#include <cassert>

#include "server/notify/notify.h"

namespace herald::server {

namespace {

/// The wall clock may be set meanwhile.
constexpr std::chrono::milliseconds kLongestLook = std::chrono::hours(1);

}  // namespace

/// Only asked of those who would have to wait.
bool NotifySender::is_alert(Id id, const Subscription& record) {
    if (record.state != SubscriptionState::active) return false;
    auto& resource = context_.resources[record.resource];
    const auto& composed = *composed_view(record, resource).composed;
    if (!composed.parts.empty()) {
        const auto told = told_parts_.find(pack(id));
        return told != told_parts_.end() && told->second.is_alert(composed);
    }
    return record.sent_fingerprint != 0 && composed.alert != record.sent_alert;
}

bool NotifySender::has_news(Id id, const Subscription& record, Resource& resource) {
    if (record.is_forced || record.state == SubscriptionState::ending) return true;
    if (record.state != SubscriptionState::active) return false;
    const auto& view = composed_view(record, resource);
    const bool is_same = view.fingerprint == record.sent_fingerprint;
    const bool has_items = view.composed->newest_item > record.told;
    if (view.composed->parts.empty()) return !is_same || (has_items && record.told != 0);
    if (is_same && !has_items) return false;
    return told_parts_[pack(id)].owed(*view.composed).has_value();
}

/// The document of a watcher's class as of now.
ViewState& NotifySender::composed_view(const Subscription& record, Resource& resource) {
    auto& view = resource.views[record.view];
    const auto& stale_at = resource.compose(view, context_.wall()).stale_at;
    if (!stale_at) return view;
    const bool is_known = resource.stale_at != base::WallTime{} && resource.stale_at <= *stale_at;
    if (!is_known) look_again_at(resource, resource.stale_at = *stale_at);
    return view;
}

/// A document that changes by itself is composed anew when it does (RFC 4480 3.1: `until` passes).
/// Whoever is told the same by the new one hears nothing.
void NotifySender::look_again_at(const Resource& resource, base::WallTime stale_at) {
    const auto left = std::clamp<std::chrono::milliseconds>(
        stale_at - context_.wall(), std::chrono::milliseconds(0), kLongestLook);
    context_.loop.timers().arm(context_.loop.now() + left, [this, package = resource.package,
                                                            aor = resource.aor, stale_at] {
        const auto slot = context_.resources.find(*package, aor);
        if (slot == Resource::kNone || context_.resources[slot].stale_at != stale_at) return;
        context_.resources[slot].stale_at = {};
        context_.fan_out.changed(slot);
    });
}

/// The document, and what the watcher is known to have been told with it.
void NotifySender::load(Id id, Subscription& record, Resource& resource, Flight& flight) {
    auto& view = composed_view(record, resource);
    if (!view.composed->parts.empty()) return load_part(id, record, resource, flight);
    if (!told_parts_.empty()) told_parts_.erase(pack(id));
    const auto known = !resource.package->profile().is_partial ? record.told
                       : record.is_forced                      ? 0
                                                               : record.sent_fingerprint;
    flight.composed = resource.compose_since(view, known, context_.wall());
    flight.fingerprint = view.fingerprint;
    flight.told = std::exchange(record.told, resource.version);
    record.sent_alert = flight.composed->alert;
}

/// One part of those that are owed; the others follow, each after the answer to the one before.
/// Whoever loses the subscription is told no more than that.
void NotifySender::load_part(Id id, Subscription& record, Resource& resource, Flight& flight) {
    auto& view = composed_view(record, resource);
    auto& told = told_parts_[pack(id)];
    const std::size_t index = told.owed(*view.composed).value_or(0);
    const auto& part = view.composed->parts[index];
    flight.told = told.note(part, resource.version);
    flight.part = part.name;
    const auto known = resource.compose_since(view, flight.told, context_.wall());
    flight.composed = {known, &known->parts[index]};
    const bool is_sole =
        record.state == SubscriptionState::ending && record.reason != EndReason::timeout;
    flight.has_more = !is_sole && told.owed(*view.composed).has_value();
    flight.fingerprint = flight.has_more ? 0 : view.fingerprint;
    if (!flight.has_more) record.told = resource.version;
    record.sent_alert = view.composed->alert;
}

/// What was in a NOTIFY that did not get through is news again.
void NotifySender::note_untold(Id id, Subscription& record, const Flight& flight) {
    if (!flight.part) {
        // 0: a synchronising NOTIFY became due meanwhile.
        if (record.told != 0) record.told = flight.told;
        return;
    }
    const auto found = told_parts_.find(pack(id));
    if (found != told_parts_.end()) found->second.take_back(*flight.part, flight.told);
}

/// The watcher has the document of now, from an earlier run of the server.
void NotifySender::note_told(Id id, Subscription& record, Resource& resource) {
    const auto& view = composed_view(record, resource);
    record.sent_fingerprint = view.fingerprint;
    record.sent_alert = view.composed->alert;
    record.told = resource.version;
    for (const auto& part : view.composed->parts)
        told_parts_[pack(id)].note(part, resource.version);
}

}  // namespace herald::server
