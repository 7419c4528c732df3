// server/notify/notify_sender.cpp: the funnel out: when a NOTIFY leaves, and by which way.
#include "server/notify/notify_sender.h"

#include <algorithm>
#include <utility>

namespace herald::server {

namespace {

/// What may be better in a moment.
constexpr auto kSoon = std::chrono::seconds(1);

/// The operator's, else the package's.
base::Duration min_interval(const Config& config, const packages::Profile& profile) {
    for (const auto& each : config.notify_intervals) {
        if (each.event == profile.event) return std::chrono::seconds(each.seconds);
    }
    return profile.min_notify_interval;
}

/// Whether what may be seen of it was changed after its watchers were known to have the latest.
bool is_ruled_after(const Context& context, const Resource& resource) {
    const auto said = context.policies.for_owner(resource.aor);
    const auto& policy = said.own ? said.own : said.domain;
    return policy && policy->row().revision > resource.confirmed_through;
}

}  // namespace

NotifySender::NotifySender(Context& context, sip::Locator& locator)
    : context_(context),
      confirmations_(context),
      queue_(context, confirmations_, [this](Id id) { visit(id); }),
      owed_(context),
      silent_(context),
      ways_(context, locator, silent_),
      numbers_(context),
      flights_(context, owed_, ways_,
               [this](Id id, const NotifyFlight& flight, const sip::ClientOutcome& outcome) {
                   land(id, flight, outcome);
               }),
      retry_timer_(
          context.loop.timers().add_owner([this](std::uint64_t user) { try_now(unpack(user)); })),
      delivered_(
          context.metrics.counter("herald_notify_delivered_total", "NOTIFY requests answered 2xx")),
      coalesced_(context.metrics.counter("herald_notify_coalesced_total",
                                         "Changes that joined a NOTIFY still to be sent")),
      answer_time_(context.metrics.histogram("herald_notify_answer_seconds",
                                             "From sending a NOTIFY to its final answer")) {
    context_.fan_out.on_changed([this](std::uint32_t slot) { queue_.add(slot); });
    silent_.on_heard([this](Id id) { try_now(id); });
    ways_.on_found([this](Id id, WatcherWays::Way way) {
        take_other_way(id, *context_.subscriptions.find(id), way);
    });
    numbers_.on_renewed([this](Id id, bool is_committed) {
        auto* record = context_.subscriptions.find(id);
        if (!record) return;
        is_committed ? send(id) : retry_at(id, *record, kSoon);
    });
}

void NotifySender::resume(std::uint32_t slot) {
    auto& resource = context_.resources[slot];
    const bool is_confirmed =
        resource.confirmed_fingerprint != 0 && !is_ruled_after(context_, resource) &&
        resource.confirmed_fingerprint == resource.canonical_fingerprint(context_.wall());
    // What went in the last run is not known any more: the next document of each watcher is whole.
    resource.departed_before = resource.version + 1;
    for (const auto watcher : resource.watchers) {
        auto& record = context_.subscriptions[watcher];
        if (!record.is_live()) continue;
        const bool has_it = is_confirmed && record.change <= resource.confirmed_through;
        if (has_it && record.state == SubscriptionState::active)
            owed_.note_told(context_.subscriptions.id_of(watcher), record);
        confirmations_.advance(record, has_it ? NotifyInput::unchanged : NotifyInput::demand);
    }
    resource.release_documents();
    if (resource.unconfirmed > 0) context_.fan_out.changed(slot);
}

void NotifySender::visit(Id id) {
    auto& record = *context_.subscriptions.find(id);
    if (is_owed(record.notify_state) && record.is_live()) return send(id);
    if (record.state != SubscriptionState::active) return;
    if (owed_.has_news(id, record)) return send(id);
    if (record.notify_state == NotifyState::untold && !record.is_changing)
        confirmations_.advance(record, NotifyInput::unchanged);
}

void NotifySender::notify(Id id) {
    auto* record = context_.subscriptions.find(id);
    if (!record) return;
    owed_.owe_all(id, *record);
    send_in_any_case(id, *record);
}

void NotifySender::send_in_any_case(Id id, Subscription& record) {
    confirmations_.advance(record, NotifyInput::demand);
    send(id);
}

void NotifySender::end(Id id, EndReason reason) {
    auto* record = context_.subscriptions.find(id);
    if (!record || record->state == SubscriptionState::ending) return;
    context_.loop.timers().cancel(record->expiry);
    record->reason = reason;
    record->is_bodiless = record->is_bodiless || record->state == SubscriptionState::pending;
    context_.subscriptions.move(*record, SubscriptionInput::end);
    tell_end(id);
}

void NotifySender::tell_end(Id id) {
    auto* record = context_.subscriptions.find(id);
    if (!record) return;
    if (record->liveness == Liveness::flow_lost) return finish(id);
    confirmations_.advance(*record, NotifyInput::demand);
    confirmations_.advance(*record, NotifyInput::due);
    notify(id);
}

NotifySender::Turn NotifySender::turn_of(Id id, const Subscription& record) {
    if (record.flight != Subscription::kNone) return Turn::after_answer;
    const bool is_due_now = is_due(record.notify_state);
    if (record.liveness == Liveness::flow_lost) return Turn::when_heard;
    if (record.liveness == Liveness::suspect && !is_due_now) return Turn::when_heard;
    if (is_due_now || is_forced(record.notify_state)) return Turn::now;
    const auto& profile = context_.resources[record.resource].package->profile();
    const auto next = record.last_notify + min_interval(context_.config, profile);
    const bool has_pause = record.last_notify != base::Instant{} && next > context_.loop.now();
    if (has_pause && record.failures == 0 && owed_.is_alert(id, record)) return Turn::now;
    if (context_.loop.timers().is_armed(record.retry)) return Turn::after_retry;
    return has_pause ? Turn::after_pause : Turn::now;
}

void NotifySender::send(Id id) {
    auto* record = context_.subscriptions.find(id);
    if (!record || record->state == SubscriptionState::committing) return;
    confirmations_.advance(*record, NotifyInput::change);
    switch (turn_of(id, *record)) {
        case Turn::when_heard:
            return;
        case Turn::after_answer:
        case Turn::after_retry:
            return coalesced_.add();
        case Turn::after_pause: {
            const auto& profile = context_.resources[record->resource].package->profile();
            const auto next = record->last_notify + min_interval(context_.config, profile);
            return retry_at(id, *record, next - context_.loop.now());
        }
        case Turn::now:
            break;
    }
    context_.loop.timers().cancel(record->retry);
    if (!owed_.has_news(id, *record))
        return confirmations_.advance(*record, NotifyInput::unchanged);
    if (prepare(id, *record)) depart(id, *record);
}

/// Sees to a way and a number; false where the NOTIFY has to wait for one, or its subscription has
/// ended for want of it.
bool NotifySender::prepare(Id id, Subscription& record) {
    const auto way = ways_.find(id, record);
    if (way != WatcherWays::Way::open) {
        if (way == WatcherWays::Way::none) take_other_way(id, record, way);
        return false;
    }
    const auto taken = numbers_.take(id, record);
    if (taken == CseqBlocks::Taken::busy) retry_at(id, record, kSoon);
    if (taken == CseqBlocks::Taken::exhausted) remove(id, record, "cseq_exhausted");
    return taken == CseqBlocks::Taken::yes;
}

void NotifySender::depart(Id id, Subscription& record) {
    const auto* flight = flights_.start(id, record);
    if (!flight) {
        confirmations_.advance(record, NotifyInput::demand);
        return retry_at(id, record, kSoon);
    }
    record.sent_fingerprint = flight->portion.fingerprint;
    record.last_notify = context_.loop.now();
    confirmations_.advance(
        record, flight->portion.has_more ? NotifyInput::depart_in_part : NotifyInput::depart);
}

void NotifySender::on_reachable(Id id, const sip::Flow& flow) {
    auto& record = *context_.subscriptions.find(id);
    silent_.take_out(id, record);
    if (record.flow != flow) {
        if (flights_.recall(id, record)) {
            record.sent_fingerprint = 0;
            confirmations_.advance(record, NotifyInput::failed);
        }
        context_.subscriptions.reroute(record, flow);
    }
    record.failures = 0;
    ways_.forget(id);
    context_.loop.timers().cancel(record.retry);
}

void NotifySender::forget(Id id) {
    auto* record = context_.subscriptions.find(id);
    if (!record) return;
    auto& timers = context_.loop.timers();
    timers.cancel(record->expiry);
    timers.cancel(record->retry);
    timers.cancel(record->decision);
    flights_.forget(id, *record);
    ways_.forget(id);
    owed_.forget(id);
    silent_.take_out(id, *record);
    const auto slot = record->resource;
    auto& resource = context_.resources[slot];
    confirmations_.leaving(*record);
    const auto index = record->watcher_index;
    resource.watchers[index] = resource.watchers.back();
    context_.subscriptions[resource.watchers[index]].watcher_index = index;
    resource.watchers.pop_back();
    // The last watcher moved into the gap: it must not be passed over by a fan-out that is beyond
    // it.
    resource.fan_out_at = std::min(resource.fan_out_at, index);
    context_.subscriptions.move(*record, SubscriptionInput::drop);
    context_.subscriptions.erase(id);
    context_.resources.drop_if_idle(slot);
}

void NotifySender::forget_watchers(std::uint32_t slot) {
    auto& resource = context_.resources[slot];
    const auto was_held = std::exchange(resource.is_held, true);
    while (!resource.watchers.empty())
        forget(context_.subscriptions.id_of(resource.watchers.back()));
    confirmations_.forget(slot);
    owed_.forget_resource(slot);
    queue_.forget(slot);
    resource.is_held = was_held;
}

}  // namespace herald::server
