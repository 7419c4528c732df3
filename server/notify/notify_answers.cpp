// server/notify/notify_answers.cpp: what became of a NOTIFY.
#include "server/notify/notify_answers.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sip/fields.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;

/// Whom no change is told is tried again 30 s and 60 s after the NOTIFY before.
constexpr auto kRetryDelay = std::chrono::seconds(30);
/// Bounds of what a peer's Retry-After may ask for: zero would be a loop at the speed of the
/// network, and nobody is left untold for longer than five minutes.
constexpr std::uint32_t kShortestRetryAfter = 1;
constexpr std::uint32_t kLongestRetryAfter = 300;

std::chrono::seconds retry_after_of(const sip::Message& message) {
    const auto value = message.header(sip::Header::retry_after);
    const auto asked = sip::parse_delta_seconds(value.value_or("")).value_or(kShortestRetryAfter);
    return std::chrono::seconds(std::clamp(asked, kShortestRetryAfter, kLongestRetryAfter));
}

/// Whether the package's default type is another one than the type that was refused, and worth a
/// try.
bool take_default_type(Resource& resource, Subscription& record) {
    const auto& view = resource.views[record.view];
    if (view.type == 0) return false;
    // A copy: view_for() may move the views.
    const auto audience = view.audience();
    record.view = resource.view_for(0, audience);
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

}  // namespace

NotifyAnswers::NotifyAnswers(const NotifyParts& parts, GoneWatchers& gone, Send send)
    : parts_(parts),
      context_(parts.context),
      gone_(gone),
      send_(std::move(send)),
      answer_time_(context_.metrics.histogram("herald_notify_answer_seconds",
                                              "From sending a NOTIFY to its final answer")) {}

NotifyAnswers::Setback NotifyAnswers::setback_of(const sip::ClientOutcome& outcome, bool is_last) {
    Setback setback{verdict_of(outcome), outcome.status, {}, is_last};
    if (outcome.message) setback.retry_after = retry_after_of(*outcome.message);
    return setback;
}

void NotifyAnswers::take(Id id, const NotifyFlight& flight, const sip::ClientOutcome& outcome) {
    auto& record = *context_.subscriptions.find(id);
    const bool was_final = flight.state == SubscriptionState::ending;
    note(id, flight, outcome);
    record.last_answer = static_cast<std::uint16_t>(outcome.status);
    if (outcome.how == sip::ClientOutcome::How::response) record.is_proven = true;
    const auto setback = setback_of(outcome, was_final || flight.is_parting);
    if (setback.verdict == NotifyVerdict::delivered) {
        const auto took = context_.loop.now() - flight.sent_at;
        answer_time_.observe(static_cast<std::uint64_t>(took.count()));
        context_.resources.counters(record.resource).notifies_delivered.add();
        told_.tell(record, flight.portion.composed.get());
        return was_final ? gone_.finish(id) : take_delivered(id, record, outcome);
    }
    parts_.owed.take_back(id, record, flight.portion);
    record.sent_fingerprint = 0;
    parts_.confirmations.advance(record, NotifyInput::failed);
    if (flight.is_switched && outcome.how != sip::ClientOutcome::How::response) {
        parts_.flights.note_refused(outcome.flow);
        return send_again(id, record);
    }
    if (setback.verdict == NotifyVerdict::authenticate && outcome.message)
        return on_challenge(id, record, flight, *outcome.message);
    const bool is_gone = setback.verdict == NotifyVerdict::flow_gone;
    if (!is_gone && !sip::is_next_way_due(outcome)) return on_failed(id, record, setback);
    setbacks_[pack(id)] = setback;
    on_way(id, parts_.ways.find_other(id, record));
}

void NotifyAnswers::note(Id id, const NotifyFlight& flight, const sip::ClientOutcome& outcome) {
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(context_.loop.now() - flight.sent_at);
    parts_.history.add({pack(id), flight.sent_at, static_cast<std::uint32_t>(took.count()),
                        flight.cseq, static_cast<std::uint16_t>(outcome.status), flight.state});
}

void NotifyAnswers::take_delivered(Id id, Subscription& record, const sip::ClientOutcome& outcome) {
    record.failures = 0;
    parts_.silent.take_out(id, record);
    parts_.ways.settle(id, record);
    if (outcome.message) refresh_target(context_.subscriptions, id, *outcome.message);
    parts_.confirmations.advance(record, NotifyInput::delivered);
    if (is_owed(record.notify_state)) send_(id);
}

/// RFC 3261 22.2: the NOTIFY goes out once more, with credentials.
void NotifyAnswers::on_challenge(Id id, Subscription& record, const NotifyFlight& flight,
                                 const sip::Message& challenge) {
    if (!parts_.flights.take_challenge(id, challenge)) {
        return record.state == SubscriptionState::ending ? gone_.finish(id)
                                                         : count_failure(id, record);
    }
    // The document keeps its number.
    if (flight.portion.composed) record.skip_version();
    send_again(id, record);
}

void NotifyAnswers::on_way(Id id, WatcherWays::Way way) {
    if (way == WatcherWays::Way::looking) return;
    auto& record = *context_.subscriptions.find(id);
    const auto setback = setbacks_.extract(pack(id));
    if (way == WatcherWays::Way::open) return send_again(id, record);
    setback ? on_failed(id, record, setback.mapped()) : lose(id, record);
}

void NotifyAnswers::on_failed(Id id, Subscription& record, const Setback& setback) {
    if (setback.is_last) return gone_.finish(id);
    switch (setback.verdict) {
        case NotifyVerdict::delivered:
            return;
        case NotifyVerdict::remove:
            return gone_.remove(id, std::to_string(setback.status));
        case NotifyVerdict::suspect:
            return become_suspect(id, record);
        case NotifyVerdict::wait:
            return parts_.retries.arm(id, record, setback.retry_after);
        case NotifyVerdict::other_body:
            if (take_default_type(context_.resources[record.resource], record))
                return send_again(id, record);
            return count_failure(id, record);
        case NotifyVerdict::authenticate:
        case NotifyVerdict::keep:
            return count_failure(id, record);
        case NotifyVerdict::unreachable:
            return lose(id, record);
        case NotifyVerdict::flow_gone:
            return await_return(id, record);
    }
}

/// Nothing leads to the watcher. Its own flow is lost for good; a proxy may come back.
void NotifyAnswers::lose(Id id, Subscription& record) {
    if (record.state == SubscriptionState::ending) return gone_.finish(id);
    const bool is_proxy = record.is_proven && !record.get(Part::route_set).empty();
    is_proxy ? become_suspect(id, record) : await_return(id, record);
}

/// Nothing is sent until a request of the device's shows where it is.
void NotifyAnswers::await_return(Id id, Subscription& record) {
    if (record.state == SubscriptionState::ending) return gone_.finish(id);
    parts_.silent.add(id, record, Liveness::flow_lost);
    parts_.confirmations.advance(record, NotifyInput::demand);
    parts_.retries.cancel(id, record);
}

void NotifyAnswers::count_failure(Id id, Subscription& record) {
    if (++record.failures >= context_.config.notify_failures_max)
        return gone_.remove(id, "failures");
    // What ended meanwhile is owed its last NOTIFY all the same.
    if (record.state == SubscriptionState::ending) return send_again(id, record);
    // No change is told to who is pending.
    if (record.state == SubscriptionState::pending) return try_later(id, record);
    // This transaction only (RFC 5057 5.1): the next change tries again.
    parts_.confirmations.advance(record, NotifyInput::given_up);
}

void NotifyAnswers::become_suspect(Id id, Subscription& record) {
    // No retries for somebody who may never have asked.
    if (!record.is_proven) return lose(id, record);
    if (++record.failures >= context_.config.notify_timeout_max) return gone_.remove(id, "timeout");
    parts_.silent.add(id, record, Liveness::suspect);
    try_later(id, record);
}

void NotifyAnswers::try_later(Id id, Subscription& record) {
    parts_.confirmations.advance(record, NotifyInput::demand);
    parts_.retries.arm(id, record, kRetryDelay * record.failures);
}

/// At once, even to a suspect: this is still the same attempt.
void NotifyAnswers::send_again(Id id, Subscription& record) {
    parts_.confirmations.advance(record, NotifyInput::demand);
    parts_.confirmations.advance(record, NotifyInput::due);
    send_(id);
}

}  // namespace herald::server
