// server/notify/notify_flights.cpp: NOTIFYs on their way.
#include "server/notify/notify_flights.h"

#include <algorithm>
#include <utility>

#include "server/core/duration.h"
#include "server/notify/notify_text.h"

namespace herald::server {

namespace {

/// RFC 3261 18.1.1: with an unknown path MTU.
constexpr std::size_t kMostOnUdp = 1300;

}  // namespace

NotifyFlights::NotifyFlights(Context& context, OwedDocuments& owed, WatcherWays& ways,
                             Landed landed)
    : context_(context),
      owed_(owed),
      ways_(ways),
      landed_(std::move(landed)),
      sent_(context.metrics.counter("herald_notify_sent_total",
                                    "NOTIFY requests sent, retransmissions not counted")),
      oversize_(context.metrics.counter(
          "herald_notify_oversize_udp_total",
          "NOTIFY requests over 1300 bytes sent by UDP for want of a stream")) {}

const NotifyFlight* NotifyFlights::start(Id id, Subscription& record) {
    auto& flight = load(id, record);
    const auto flow = carrier(record, flight);
    flight.transaction = context_.stack.start(flow, *this, pack(id));
    if (flight.transaction) return sent_.add(), &flight;
    recall(id, record);
    return nullptr;
}

NotifyFlight& NotifyFlights::load(Id id, Subscription& record) {
    const auto flight_id = flights_.take();
    auto& flight = flights_[flight_id.slot];
    const bool has_body = !record.is_bodiless && record.state != SubscriptionState::pending;
    if (has_body) {
        flight.portion = owed_.take(id, record);
    } else {
        record.skip_version();
    }
    if (auto credentials = authorizations_.extract(pack(id)))
        flight.authorization = std::move(credentials.mapped());
    flight.cseq = record.cseq;
    flight.expires = told_seconds(record.expires_at, context_.wall(), record.granted);
    flight.state = record.state;
    flight.is_parting = flight.portion.has_more && record.state == SubscriptionState::ending;
    // Only the last one may end it, and none before may seem to.
    if (flight.is_parting) flight.state = SubscriptionState::active;
    flight.sent_at = context_.loop.now();
    record.flight = flight_id.slot;
    return flight;
}

/// RFC 3261 18.1.1 for what goes to a UDP watcher: compact names first, then a stream to the very
/// address it came from, else the UDP flow all the same.
sip::Flow NotifyFlights::carrier(const Subscription& record, NotifyFlight& flight) {
    // Room for the Via the stack adds.
    static const std::string kVia(120, 'v');
    if (sip::is_reliable(record.flow.protocol)) return record.flow;
    const auto* composed = flight.portion.composed.get();
    NotifyHead head{context_.stack.contact(record.flow),
                    flight.authorization,
                    flight.cseq,
                    flight.expires,
                    flight.state,
                    false};
    if (most_bytes_of(record, head, composed) <= kMostOnUdp) return record.flow;
    for (const bool is_compact : {false, true}) {
        head.is_compact = flight.is_compact = is_compact;
        measured_.clear();
        append_notify(measured_, record, head, composed, kVia);
        if (measured_.size() <= kMostOnUdp) return record.flow;
    }
    if (const auto stream = ways_.stream_to(record)) {
        flight.is_switched = true;
        return *stream;
    }
    oversize_.add();
    return record.flow;
}

void NotifyFlights::write_request(std::uint64_t user, std::string_view via, std::string& out) {
    const auto* record = context_.subscriptions.find(unpack(user));
    if (!record || record->flight == Subscription::kNone) return;
    const auto& flight = flights_[record->flight];
    append_notify(out, *record,
                  {context_.stack.contact(record->flow), flight.authorization, flight.cseq,
                   flight.expires, flight.state, flight.is_compact},
                  flight.portion.composed.get(), via);
}

void NotifyFlights::on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) {
    const auto id = unpack(user);
    auto* record = context_.subscriptions.find(id);
    if (!record || record->flight == Subscription::kNone) return;
    const auto slot = std::exchange(record->flight, Subscription::kNone);
    const auto flight = std::move(flights_[slot]);
    flights_.release(slot);
    landed_(id, flight, outcome);
}

bool NotifyFlights::recall(Id id, Subscription& record) {
    if (record.flight == Subscription::kNone) return false;
    const auto slot = std::exchange(record.flight, Subscription::kNone);
    context_.stack.forget(flights_[slot].transaction);
    owed_.take_back(id, record, flights_[slot].portion);
    flights_.release(slot);
    return true;
}

void NotifyFlights::forget(Id id, Subscription& record) {
    authorizations_.erase(pack(id));
    if (record.flight == Subscription::kNone) return;
    context_.stack.forget(flights_[record.flight].transaction);
    flights_.release(record.flight);
    record.flight = Subscription::kNone;
}

}  // namespace herald::server
