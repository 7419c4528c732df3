// server/notify/notify_sender.cpp: the funnel out: when a NOTIFY leaves, and by which way.
#include "server/notify/notify_sender.h"

#include <algorithm>
#include <utility>

namespace herald::server {

namespace {

/// How soon an obstacle that may pass is tried again.
constexpr auto kSoon = std::chrono::seconds(1);
/// ... and who is told nothing while his cell is on its way.
constexpr auto kRest = std::chrono::milliseconds(100);

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
                   answers_.take(id, flight, outcome);
               }),
      retries_(context, [this](Id id) { try_now(id); }),
      parts_{context, confirmations_, queue_, owed_, silent_, ways_, flights_, retries_, history_},
      gone_(parts_),
      answers_(parts_, gone_, [this](Id id) { send(id); }),
      arrivals_(parts_, answers_),
      coalesced_(context.metrics.counter("herald_notify_coalesced_total",
                                         "Changes that joined a NOTIFY still to be sent")) {
    context_.fan_out.on_changed([this](std::uint32_t slot) { queue_.add(slot); });
    silent_.on_heard([this](Id id) { try_now(id); });
    silent_.on_returned([this](Id id) { arrivals_.take_device(id); });
    ways_.on_found([this](Id id, WatcherWays::Way way) { answers_.on_way(id, way); });
    numbers_.on_renewed([this](Id id, bool is_committed) {
        auto* record = context_.subscriptions.find(id);
        if (!record) return;
        is_committed ? send(id) : retries_.arm(id, *record, kSoon);
    });
}

void NotifySender::resume(std::uint32_t slot, base::Instant sent_at) {
    auto& resource = context_.resources[slot];
    const bool is_confirmed =
        resource.confirmed_fingerprint != 0 && !is_ruled_after(context_, resource) &&
        resource.confirmed_fingerprint == resource.canonical_fingerprint(context_.wall());
    // What was sent in the last run is not known any more, so the next document of each watcher is
    // a whole one.
    resource.departed_before = resource.version + 1;
    for (const auto watcher : resource.watchers) {
        auto& record = context_.subscriptions[watcher];
        record.last_notify = sent_at;
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
    confirmations_.advance(*record, NotifyInput::demand);
    send(id);
}

void NotifySender::tell_end(Id id) {
    auto* record = context_.subscriptions.find(id);
    if (!record) return;
    if (record->liveness == Liveness::flow_lost) return gone_.finish(id);
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
    const bool has_pause =
        record.last_notify != base::Instant{} && retries_.pause_end(record) > context_.loop.now();
    if (has_pause && record.failures == 0 && owed_.is_alert(id, record)) return Turn::now;
    if (retries_.is_armed(record)) return Turn::after_retry;
    return has_pause ? Turn::after_pause : Turn::now;
}

void NotifySender::send(Id id) {
    auto* record = context_.subscriptions.find(id);
    if (!record || record->state == SubscriptionState::committing) return;
    if (context_.is_at_rest(*record)) return retries_.arm(id, *record, kRest);
    confirmations_.advance(*record, NotifyInput::change);
    switch (turn_of(id, *record)) {
        case Turn::when_heard:
            return;
        case Turn::after_answer:
        case Turn::after_retry:
            return coalesced_.add();
        case Turn::after_pause:
            return retries_.arm_pause(id, *record);
        case Turn::now:
            break;
    }
    retries_.cancel(id, *record);
    if (!owed_.has_news(id, *record))
        return confirmations_.advance(*record, NotifyInput::unchanged);
    if (prepare(id, *record)) depart(id, *record);
}

/// Sees to a way and a CSeq; false if the NOTIFY has to wait for one of them, or the subscription
/// has ended for lack of it.
bool NotifySender::prepare(Id id, Subscription& record) {
    const auto way = ways_.find(id, record);
    if (way != WatcherWays::Way::open) {
        answers_.on_way(id, way);
        return false;
    }
    const auto taken = numbers_.take(id, record);
    if (taken == CseqBlocks::Taken::busy) retries_.arm(id, record, kSoon);
    if (taken == CseqBlocks::Taken::exhausted) gone_.remove(id, "cseq_exhausted");
    return taken == CseqBlocks::Taken::yes;
}

void NotifySender::depart(Id id, Subscription& record) {
    const auto* flight = flights_.start(id, record);
    if (!flight) {
        confirmations_.advance(record, NotifyInput::demand);
        return retries_.arm(id, record, kSoon);
    }
    record.sent_fingerprint = flight->portion.fingerprint;
    record.last_notify = context_.loop.now();
    confirmations_.advance(
        record, flight->portion.has_more ? NotifyInput::depart_in_part : NotifyInput::depart);
}

/// Its time has come, or its peer was heard of.
void NotifySender::try_now(Id id) {
    auto* record = context_.subscriptions.find(id);
    if (!record) return;
    retries_.cancel(id, *record);
    confirmations_.advance(*record, NotifyInput::due);
    send(id);
}

}  // namespace herald::server
