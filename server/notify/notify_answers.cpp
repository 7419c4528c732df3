// server/notify/notify_answers.cpp: what became of a NOTIFY: the verdict carried out, retries, the
// end of those that are not worth it.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "server/notify/notify_sender.h"
#include "sip/digest.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;

/// A suspect is tried again 30 s and 60 s after the NOTIFY before.
constexpr auto kSuspectDelay = std::chrono::seconds(30);
/// Bounds of what a peer's Retry-After may ask for: zero would be a loop at the speed of the
/// network, and nobody is left untold for longer than five minutes.
constexpr std::uint32_t kShortestRetryAfter = 1;
constexpr std::uint32_t kLongestRetryAfter = 300;

std::chrono::seconds retry_after_of(const sip::ClientOutcome& outcome) {
    const auto value = outcome.message->header(sip::Header::retry_after);
    const auto asked = sip::parse_delta_seconds(value.value_or("")).value_or(kShortestRetryAfter);
    return std::chrono::seconds(std::clamp(asked, kShortestRetryAfter, kLongestRetryAfter));
}

/// The Authorization of the same NOTIFY once more; nullopt where that would be of no use.
std::optional<std::string> credentials_for(const Config& config, const Subscription& record,
                                           const sip::ClientOutcome& outcome) {
    if (record.was_challenged || !outcome.message) return std::nullopt;
    const auto& lax = config.notify_without_qop;
    for (const auto& login : config.notify_logins) {
        const bool is_lax = std::find(lax.begin(), lax.end(), login.realm) != lax.end();
        sip::DigestClient client(login.username, login.password, {login.realm, !is_lax});
        auto line = client.answer(*outcome.message, "NOTIFY", record.get(Part::remote_target), "");
        if (line) return line;
    }
    return std::nullopt;
}

/// Whether there is another body to try than the one that was refused: the package's default.
bool take_default_type(Resource& resource, Subscription& record) {
    const auto& view = resource.views[record.view];
    if (view.type == 0) return false;
    record.view = resource.view_for(0, std::string(view.entity));
    record.has_strayed = true;
    return true;
}

/// RFC 6665 4.4.1: a 2xx to NOTIFY refreshes the remote target.
void refresh_target(SubscriptionTable& table, SubscriptionTable::Id id,
                    const sip::Message& message) {
    auto& record = *table.find(id);
    const auto contact = sip::sole_contact(message);
    if (!contact || contact->uri == record.get(Part::remote_target)) return;
    auto parts = record.text.parts();
    const std::string target(contact->uri);
    parts[static_cast<std::size_t>(Part::remote_target)] = target;
    table.retext(id, PackedText(parts));
    record.has_strayed = true;
}

/// Whether the store has a row of it that is to go with it.
bool has_row(const Subscription& record) {
    return !record.is_fetch &&
           (record.state != SubscriptionState::ending || is_kept(record.reason));
}

}  // namespace

void NotifySender::land(Id id, const NotifyFlight& flight, const sip::ClientOutcome& outcome) {
    auto& record = *context_.subscriptions.find(id);
    const auto verdict = verdict_of(outcome);
    const bool was_final = flight.state == SubscriptionState::ending;
    record.last_answer = static_cast<std::uint16_t>(outcome.status);
    if (verdict == NotifyVerdict::delivered) {
        const auto took = context_.loop.now() - flight.sent_at;
        answer_time_.observe(static_cast<std::uint64_t>(took.count()));
        delivered_.add();
        return was_final ? finish(id) : on_delivered(id, record, outcome);
    }
    owed_.take_back(id, record, flight.portion);
    const bool is_unheard =
        verdict == NotifyVerdict::unreachable || verdict == NotifyVerdict::suspect;
    if (flight.is_switched && is_unheard) {
        ways_.note_streamless(record.flow.peer);
        confirmations_.advance(record, NotifyInput::failed);
        return send_in_any_case(id, record);
    }
    const bool is_over = was_final || flight.is_parting;
    if (is_over && verdict != NotifyVerdict::authenticate) return finish(id);
    record.sent_fingerprint = 0;
    confirmations_.advance(record, NotifyInput::failed);
    on_failed(id, record, verdict, outcome);
}

void NotifySender::on_delivered(Id id, Subscription& record, const sip::ClientOutcome& outcome) {
    record.failures = 0;
    silent_.take_out(id, record);
    record.was_challenged = false;
    ways_.forget(id);
    if (outcome.message) refresh_target(context_.subscriptions, id, *outcome.message);
    confirmations_.advance(record, NotifyInput::delivered);
    if (is_owed(record.notify_state)) send(id);
}

void NotifySender::on_failed(Id id, Subscription& record, NotifyVerdict verdict,
                             const sip::ClientOutcome& outcome) {
    switch (verdict) {
        case NotifyVerdict::delivered:
            return;
        case NotifyVerdict::remove:
            return remove(id, record, std::to_string(outcome.status));
        case NotifyVerdict::suspect:
            return become_suspect(id, record);
        case NotifyVerdict::authenticate:
            if (auto line = credentials_for(context_.config, record, outcome)) {
                record.was_challenged = true;
                record.skip_version();
                flights_.sign(id, *std::move(line));
                return send_in_any_case(id, record);
            }
            return record.state == SubscriptionState::ending ? finish(id)
                                                             : count_failure(id, record);
        case NotifyVerdict::wait:
            return retry_at(id, record, retry_after_of(outcome));
        case NotifyVerdict::other_body:
            if (take_default_type(context_.resources[record.resource], record))
                return send_in_any_case(id, record);
            return count_failure(id, record);
        case NotifyVerdict::keep:
            return count_failure(id, record);
        case NotifyVerdict::unreachable:
            return take_other_way(id, record, ways_.find_other(id, record));
    }
}

/// What is known now of the way to a watcher whose flow does not carry. A flow is the watcher's own
/// and lost; a proxy may come back by itself.
void NotifySender::take_other_way(Id id, Subscription& record, WatcherWays::Way way) {
    if (way == WatcherWays::Way::looking) return;
    if (way == WatcherWays::Way::open) return send_in_any_case(id, record);
    if (record.state == SubscriptionState::ending) return finish(id);
    if (!record.get(Part::route_set).empty()) return become_suspect(id, record);
    silent_.add(id, record, Liveness::flow_lost);
    confirmations_.advance(record, NotifyInput::demand);
    context_.loop.timers().cancel(record.retry);
}

void NotifySender::count_failure(Id id, Subscription& record) {
    if (++record.failures >= context_.config.notify_failures_max)
        return remove(id, record, "failures");
    // What ended meanwhile is owed its last NOTIFY all the same.
    if (record.state == SubscriptionState::ending) return send_in_any_case(id, record);
    // This transaction only (RFC 5057 5.1): the next change tries again.
    confirmations_.advance(record, NotifyInput::given_up);
}

void NotifySender::become_suspect(Id id, Subscription& record) {
    if (++record.failures >= context_.config.notify_timeout_max)
        return remove(id, record, "timeout");
    silent_.add(id, record, Liveness::suspect);
    confirmations_.advance(record, NotifyInput::demand);
    retry_at(id, record, kSuspectDelay * record.failures);
}

void NotifySender::retry_at(Id id, Subscription& record, base::Duration delay) {
    auto& timers = context_.loop.timers();
    timers.cancel(record.retry);
    record.retry = timers.arm(retry_timer_, pack(id), context_.loop.now() + delay);
}

/// Its time has come, or its peer was heard of.
void NotifySender::try_now(Id id) {
    auto* record = context_.subscriptions.find(id);
    if (!record) return;
    context_.loop.timers().cancel(record->retry);
    confirmations_.advance(*record, NotifyInput::due);
    send(id);
}

void NotifySender::remove(Id id, Subscription& record, std::string_view why) {
    auto& counter = removed_[std::string(why)];
    if (!counter) {
        counter = &context_.metrics.counter("herald_subscriptions_removed_total",
                                            "Subscriptions removed because of what a NOTIFY met",
                                            {{"why", std::string(why)}});
    }
    counter->add();
    base::log_info("subscription.removed", {{"call_id", record.get(Part::call_id)},
                                            {"resource", context_.resources[record.resource].aor},
                                            {"why", why}});
    finish(id);
}

/// Nothing more is to be said: gone, with its row.
void NotifySender::finish(Id id) {
    const auto& record = *context_.subscriptions.find(id);
    if (has_row(record))
        context_.port.commit(store::RemoveSubscription{record.id, {}, {}}, nullptr);
    forget(id);
}

}  // namespace herald::server
