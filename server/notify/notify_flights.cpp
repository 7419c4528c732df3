// server/notify/notify_flights.cpp: NOTIFYs on their way.
#include "server/notify/notify_flights.h"

#include <algorithm>
#include <utility>

#include "server/core/duration.h"
#include "server/notify/notify_text.h"

namespace herald::server {

NotifyFlights::NotifyFlights(Context& context, OwedDocuments& owed, WatcherWays& ways,
                             Landed landed)
    : context_(context),
      owed_(owed),
      ways_(ways),
      landed_(std::move(landed)),
      logins_(context.config),
      large_(context.loop, context.stack.transport()),
      oversize_(context.metrics.counter(
          "herald_notify_oversize_udp_total",
          "NOTIFY requests over 1300 bytes sent by UDP for want of a stream")),
      withheld_(context.metrics.counter(
          "herald_notify_secrets_withheld_total",
          "NOTIFY requests that went without their secret body, for want of TLS")),
      too_large_(context.metrics.counter(
          "herald_notify_too_large_total",
          "NOTIFY requests that went without a body no datagram holds, for want of a stream")) {}

const NotifyFlight* NotifyFlights::start(Id id, Subscription& record) {
    auto& flight = load(id, record);
    auto flow = carrier(id, record, flight);
    if (keep_secret(id, flow, record, flight)) flow = carrier(id, record, flight);
    flight.transaction = context_.stack.start(flow, *this, pack(id));
    if (flight.transaction) {
        context_.resources.counters(record.resource).notifies_sent.add();
        return &flight;
    }
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
    flight.cseq = record.cseq;
    flight.expires = told_seconds(record.expires_at, context_.wall(), record.granted);
    flight.authorization = credentials_for(id, record, flight);
    flight.state = record.state;
    flight.is_parting = flight.portion.has_more && record.state == SubscriptionState::ending;
    // Only the last NOTIFY may say that it is terminated.
    if (flight.is_parting) flight.state = SubscriptionState::active;
    flight.sent_at = context_.loop.now();
    record.flight = flight_id.slot;
    return flight;
}

/// Of the Request-URI and the body it has on the wire.
std::string NotifyFlights::credentials_for(Id id, const Subscription& record,
                                           const NotifyFlight& flight) {
    if (!logins_.has(pack(id))) return {};
    std::string body;
    if (flight.portion.composed)
        append_body(body, *flight.portion.composed, version_of(record, flight.cseq));
    return logins_.lines(pack(id), sip::request_uri_of(routing_of(record)), body);
}

/// Size of what is about to go by UDP, with room for its Via. Turns to compact header names where
/// it would be too large without.
std::size_t NotifyFlights::size_on_udp(const Subscription& record, NotifyFlight& flight) {
    const auto* composed = flight.portion.composed.get();
    NotifyHead head{contact_for(context_, record),
                    flight.authorization,
                    flight.cseq,
                    flight.expires,
                    flight.state,
                    false};
    const auto most = most_bytes_of(record, head, composed);
    if (most <= sip::kMostOnUdp) return most;
    for (const bool is_compact : {false, true}) {
        head.is_compact = flight.is_compact = is_compact;
        measured_.clear();
        append_notify(measured_, record, head, composed, room_for_via());
        if (measured_.size() <= sip::kMostOnUdp) break;
    }
    return measured_.size();
}

/// Whether the document may not go by `flow`, and was left out: it is not told at all, as only
/// another enrolment of the device would change that (RFC 6080 5.2).
bool NotifyFlights::keep_secret(Id id, const sip::Flow& flow, Subscription& record,
                                NotifyFlight& flight) {
    const auto& composed = flight.portion.composed;
    if (!composed || !composed->is_secret || sip::is_secure(flow.protocol)) return false;
    drop_body(id, record, flight);
    flight.is_switched = flight.is_unproven = false;
    withheld_.add();
    return true;
}

/// The document is not told, and the next one comes with the next change: a whole one.
void NotifyFlights::drop_body(Id id, Subscription& record, NotifyFlight& flight) {
    flight.portion.composed.reset();
    flight.is_compact = false;
    flight.authorization = credentials_for(id, record, flight);
    if (!flight.portion.part) record.told = 0;
    record.skip_version();
}

/// The document follows the answer; not where the subscription has ended.
void NotifyFlights::leave_body_out(Id id, Subscription& record, NotifyFlight& flight) {
    if (!flight.portion.composed) return;
    owed_.take_back(id, record, flight.portion);
    flight.portion = {};
    flight.portion.has_more = record.state != SubscriptionState::ending;
    flight.is_compact = false;
    record.skip_version();
}

/// RFC 3261 18.1.1 for what goes to a UDP watcher: compact names first, then a stream to the very
/// address where somebody listens, else the UDP flow all the same; what no datagram holds is not
/// told.
sip::Flow NotifyFlights::carrier(Id id, Subscription& record, NotifyFlight& flight) {
    if (sip::is_reliable(record.flow.protocol)) return record.flow;
    const auto size = size_on_udp(record, flight);
    flight.is_unproven = !record.is_proven;
    if (flight.is_unproven) {
        if (size > std::min<std::size_t>(sip::kMostOnUdp, record.credit))
            leave_body_out(id, record, flight);
        return record.flow;
    }
    if (size <= sip::kMostOnUdp) return record.flow;
    const auto flow = ways_.is_named(id)
                          ? large_.carrier(record.flow, size)
                          : large_.carrier(record.flow, size, routing_of(record).next_hop);
    flight.is_switched = sip::is_reliable(flow.protocol);
    if (flight.is_switched) return flow;
    if (size <= sip::kMostInDatagram) return oversize_.add(), flow;
    drop_body(id, record, flight);
    too_large_.add();
    return flow;
}

/// Copies beyond the credit are not sent, and to who proved nothing at all nothing is.
void NotifyFlights::spend(Subscription& record, NotifyFlight& flight, std::string& out,
                          std::size_t before) {
    const auto size = out.size() - before;
    const bool is_anybody = record.get(PackedText::Part::watcher).empty();
    const bool is_copy = std::exchange(flight.has_left, true);
    if ((is_copy || is_anybody) && size > record.credit) return out.resize(before);
    record.credit -= static_cast<std::uint16_t>(std::min<std::size_t>(size, record.credit));
}

void NotifyFlights::write_request(std::uint64_t user, std::string_view via, std::string& out) {
    auto* record = context_.subscriptions.find(unpack(user));
    if (!record || record->flight == Subscription::kNone) return;
    auto& flight = flights_[record->flight];
    const auto before = out.size();
    append_notify(out, *record,
                  {contact_for(context_, *record), flight.authorization, flight.cseq,
                   flight.expires, flight.state, flight.is_compact},
                  flight.portion.composed.get(), via);
    if (flight.is_unproven) spend(*record, flight, out, before);
}

void NotifyFlights::on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) {
    const auto id = unpack(user);
    auto* record = context_.subscriptions.find(id);
    if (!record || record->flight == Subscription::kNone) return;
    const auto slot = std::exchange(record->flight, Subscription::kNone);
    const auto flight = std::move(flights_[slot]);
    flights_.release(slot);
    if (outcome.status != 401 && outcome.status != 407) logins_.forget(user);
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
    logins_.forget(pack(id));
    if (record.flight == Subscription::kNone) return;
    context_.stack.forget(flights_[record.flight].transaction);
    flights_.release(record.flight);
    record.flight = Subscription::kNone;
}

}  // namespace herald::server
