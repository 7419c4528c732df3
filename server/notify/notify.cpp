// server/notify/notify.cpp: the funnel out: fan-out in slices, one NOTIFY at a time for each
// watcher.
#include "server/notify/notify.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "server/core/answers.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;

/// NOTIFYs made between two batches of input, and of those at most so many for one resource.
constexpr std::size_t kTurnBudget = 256;
constexpr std::size_t kResourceBudget = 128;
/// RFC 3261 18.1.1: with an unknown path MTU; and a generous count of what does not differ between
/// NOTIFYs: header names, Via, Contact, numbers.
constexpr std::size_t kMostOnUdp = 1300;
constexpr std::size_t kFixedSize = 450;
/// The texts of a subscription that stand in its NOTIFYs.
constexpr Part kWritten[] = {Part::call_id,       Part::local_uri, Part::remote_uri,
                             Part::remote_target, Part::local_tag, Part::remote_tag,
                             Part::event,         Part::route_set};
constexpr std::uint32_t kLastCseq = 0x7fffffff;

void append_line(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += value;
    out += "\r\n";
}

/// The header names that have a short form (RFC 3261 7.3.3).
struct Names {
    std::string_view from, to, call_id, contact, event, content_type, content_length;
};
constexpr Names kLongNames{
    "From: ", "To: ", "Call-ID: ", "Contact: ", "Event: ", "Content-Type: ", "Content-Length: "};
constexpr Names kCompactNames{"f: ", "t: ", "i: ", "m: ", "o: ", "c: ", "l: "};

/// `version`: the number of the document within its subscription.
void write_body(const packages::Composed* composed, std::uint32_t version, const Names& names,
                std::string& out) {
    if (!composed) return append_line(out, names.content_length, "0\r\n");
    append_line(out, names.content_type, composed->document.type);
    const std::string& body = composed->document.body;
    const bool is_versioned = composed->version_at < body.size();
    const std::string number = is_versioned ? std::to_string(version) : std::string();
    out += names.content_length;
    base::append_number(out, body.size() + number.size());
    out += "\r\n\r\n";
    if (!is_versioned) {
        out += body;
        return;
    }
    out.append(body, 0, composed->version_at);
    out += number;
    out.append(body, composed->version_at);
}

/// Request-URI and Route for a dialog's route set (RFC 3261 12.2.1.1): a first route without `lr`
/// is a strict router.
struct Routing {
    std::string_view request_uri;
    std::string strict_route;  ///< ready value, used instead of the route set
};

Routing routing_of(const Subscription& record) {
    const auto routes = record.get(Part::route_set);
    Routing routing{record.get(Part::remote_target), {}};
    const auto end = routes.find('>');
    if (routes.empty() || end == std::string_view::npos) return routing;
    const auto first = routes.substr(1, end - 1);
    if (base::lower(first).find(";lr") != std::string::npos) return routing;
    routing.request_uri = first;
    const auto comma = routes.find(',', end);
    if (comma != std::string_view::npos) {
        routing.strict_route = base::trim(routes.substr(comma + 1));
        routing.strict_route += ", ";
    }
    routing.strict_route += '<';
    routing.strict_route += record.get(Part::remote_target);
    routing.strict_route += '>';
    return routing;
}

base::Counter& notify_counter(base::Metrics& metrics, const char* name, const char* help) {
    return metrics.counter(name, help);
}

}  // namespace

NotifySender::NotifySender(Context& context, sip::Locator& locator)
    : context_(context),
      locator_(locator),
      confirmations_(context),
      retry_timer_(
          context.loop.timers().add_owner([this](std::uint64_t user) { on_retry(unpack(user)); })),
      self_(std::make_shared<NotifySender*>(this)),
      sent_(notify_counter(context.metrics, "herald_notify_sent_total",
                           "NOTIFY requests sent, retransmissions not counted")),
      delivered_(notify_counter(context.metrics, "herald_notify_delivered_total",
                                "NOTIFY requests answered 2xx")),
      coalesced_(notify_counter(context.metrics, "herald_notify_coalesced_total",
                                "Changes that joined a NOTIFY still to be sent")),
      suspects_(notify_counter(context.metrics, "herald_notify_suspect_total",
                               "Times a watcher did not answer and became suspect")),
      flows_lost_(notify_counter(context.metrics, "herald_notify_flow_lost_total",
                                 "Times no way to a watcher was left")),
      oversize_(notify_counter(context.metrics, "herald_notify_oversize_udp_total",
                               "NOTIFY requests over 1300 bytes sent by UDP for want of a stream")),
      answer_time_(context.metrics.histogram("herald_notify_answer_seconds",
                                             "From sending a NOTIFY to its final answer")) {
    context_.fan_out.on_changed([this](std::uint32_t slot) { queue(slot); });
}

NotifySender::~NotifySender() {
    *self_ = nullptr;
}

/// Its documents are composed anew, and whoever's differs is told.
void NotifySender::queue(std::uint32_t slot) {
    auto& resource = context_.resources[slot];
    if (!resource.is_dirty) {
        resource.is_dirty = true;
        resource.fan_out_at = 0;
        dirty_.push_back(slot);
    } else if (resource.fan_out_at > 0) {
        // Not from the start at once: under many changes the last watchers would never be reached.
        resource.is_dirty_again = true;
    }
    schedule_fan_out();
}

void NotifySender::resume(std::uint32_t slot) {
    auto& resource = context_.resources[slot];
    const bool is_confirmed =
        resource.confirmed_fingerprint != 0 &&
        resource.confirmed_fingerprint == resource.canonical_fingerprint(context_.wall());
    for (const auto watcher : resource.watchers) {
        auto& record = context_.subscriptions[watcher];
        const bool has_it = is_confirmed && record.change <= resource.confirmed_through;
        if (has_it && record.state == SubscriptionState::active) {
            note_told(context_.subscriptions.id_of(watcher), record, resource);
        }
        record.is_stale = record.is_forced = !has_it;
        confirmations_.set(record, has_it);
    }
    resource.release_documents();
    if (resource.unconfirmed > 0) context_.fan_out.changed(slot);
}

void NotifySender::schedule_fan_out() {
    if (std::exchange(is_scheduled_, true)) return;
    context_.loop.post([this] { fan_out(); });
}

void NotifySender::fan_out() {
    is_scheduled_ = false;
    std::size_t budget = kTurnBudget;
    while (!dirty_.empty() && budget > 0) {
        const auto slot = dirty_.front();
        dirty_.pop_front();
        if (!fan_out_slice(slot, budget)) dirty_.push_back(slot);
    }
    if (!dirty_.empty()) schedule_fan_out();
}

bool NotifySender::fan_out_slice(std::uint32_t slot, std::size_t& budget) {
    auto& resource = context_.resources[slot];
    std::size_t left = std::min(budget, kResourceBudget);
    const auto& watchers = resource.watchers;
    while (resource.fan_out_at < watchers.size() && left > 0) {
        const auto at = resource.fan_out_at++;
        if (at + 8 < watchers.size()) context_.subscriptions.prefetch(watchers[at + 8]);
        visit(context_.subscriptions.id_of(watchers[at]), resource);
        --left, --budget;
    }
    if (resource.fan_out_at < watchers.size()) return false;
    if (std::exchange(resource.is_dirty_again, false)) {
        resource.fan_out_at = 0;
        return false;
    }
    resource.is_dirty = false;
    // Nobody had to be told, or all have answered meanwhile.
    if (resource.unconfirmed == 0) resource.untold_since = {};
    context_.resources.drop_if_idle(slot);
    return true;
}

void NotifySender::visit(Id id, Resource& resource) {
    auto& record = *context_.subscriptions.find(id);
    if (record.is_stale && record.is_live()) return send(id);
    if (record.state != SubscriptionState::active || !has_news(id, record, resource)) return;
    send(id);
}

void NotifySender::notify(Id id) {
    auto* record = context_.subscriptions.find(id);
    if (!record) return;
    record->told = 0;
    if (!told_parts_.empty()) told_parts_.erase(pack(id));
    repeat(id);
}

void NotifySender::repeat(Id id) {
    context_.subscriptions.find(id)->is_forced = true;
    send(id);
}

void NotifySender::end(Id id, EndReason reason) {
    auto* record = context_.subscriptions.find(id);
    if (!record || record->state == SubscriptionState::ending) return;
    context_.loop.timers().cancel(record->expiry);
    record->reason = reason;
    record->is_bodiless = record->is_bodiless || record->state == SubscriptionState::pending;
    context_.subscriptions.move(*record, SubscriptionInput::end);
    if (record->liveness == Liveness::flow_lost) return forget(id);
    record->is_due = true;
    notify(id);
}

bool NotifySender::may_send_now(Id id, Subscription& record) {
    if (record.flight != Subscription::kNone) return coalesced_.add(), false;
    if (record.liveness == Liveness::flow_lost) return false;
    if (record.liveness == Liveness::suspect && !record.is_due) return false;
    auto& timers = context_.loop.timers();
    if (record.is_forced || record.is_due) return timers.cancel(record.retry), true;
    const auto& profile = context_.resources[record.resource].package->profile();
    const auto next = record.last_notify + min_interval(profile);
    const bool is_paced = record.last_notify != base::Instant{} && next > context_.loop.now();
    if (is_paced && record.failures == 0 && is_alert(id, record))
        return timers.cancel(record.retry), true;
    if (timers.is_armed(record.retry)) return coalesced_.add(), false;
    if (!is_paced) return true;
    retry_at(id, record, next - context_.loop.now());
    return false;
}

/// The operator's, else the package's.
base::Duration NotifySender::min_interval(const packages::Profile& profile) const {
    for (const auto& each : context_.config.notify_intervals) {
        if (each.event == profile.event) return std::chrono::seconds(each.seconds);
    }
    return profile.min_notify_interval;
}

void NotifySender::send(Id id) {
    auto* record = context_.subscriptions.find(id);
    if (!record || record->state == SubscriptionState::committing) return;
    record->is_stale = true;
    confirmations_.set(*record, false);
    if (!may_send_now(id, *record)) return;
    auto& resource = context_.resources[record->resource];
    if (!has_news(id, *record, resource)) {
        record->is_stale = false;
        return confirmations_.set(*record, true);
    }
    if (!has_way(id, *record) || !take_cseq(id, *record)) return;
    depart(id, *record, resource);
}

bool NotifySender::take_cseq(Id id, Subscription& record) {
    if (record.cseq + 1 < record.cseq_end || record.state == SubscriptionState::ending) {
        ++record.cseq;
        return true;
    }
    renew_cseq_block(id, record);
    return false;
}

void NotifySender::renew_cseq_block(Id id, Subscription& record) {
    if (record.cseq >= kLastCseq - kCseqBlock) return remove(id, "cseq_exhausted");
    if (record.is_changing) return retry_at(id, record, std::chrono::seconds(1));
    record.is_changing = true;
    context_.port.commit(touch_of(record, context_.home.epoch),
                         [this, id, base = record.cseq + 1](store::Outcome outcome) {
                             auto* renewed = context_.subscriptions.find(id);
                             if (renewed) renewed->is_changing = false;
                             if (renewed && outcome == store::Outcome::committed) {
                                 renewed->cseq_end = base + kCseqBlock;
                                 send(id);
                             } else if (renewed) {
                                 retry_at(id, *renewed, std::chrono::seconds(1));
                             }
                             settled_.tell(id);
                         });
}

void NotifySender::depart(Id id, Subscription& record, Resource& resource) {
    const auto flight_id = flights_.take();
    auto& flight = flights_[flight_id.slot];
    const bool has_body = !record.is_bodiless && record.state != SubscriptionState::pending;
    if (has_body) {
        load(id, record, resource, flight);
    } else {
        record.skip_version();
    }
    if (const auto found = authorizations_.find(pack(id)); found != authorizations_.end()) {
        flight.authorization = std::move(found->second);
        authorizations_.erase(found);
    }
    flight.cseq = record.cseq;
    flight.expires = seconds_left(record.expires_at, context_.wall());
    flight.state = record.state;
    flight.is_parting = flight.has_more && record.state == SubscriptionState::ending;
    if (flight.is_parting) {
        // Only the last one may end it, and none before may seem to.
        flight.state = SubscriptionState::active;
        flight.expires = std::max(flight.expires, 1U);
    }
    flight.sent_at = context_.loop.now();
    record.flight = flight_id.slot;
    record.sent_fingerprint = flight.fingerprint;
    record.last_notify = context_.loop.now();
    record.is_stale = flight.has_more;
    record.is_forced = record.is_forced && flight.has_more;
    record.is_due = false;
    const auto flow = fit_to_path(id, record, flight);
    flight.transaction = context_.stack.start(flow, *this, pack(id));
    if (flight.transaction) return sent_.add();
    // Too many transactions are under way: nothing was sent.
    note_untold(id, record, flight);
    flights_.release(flight_id);
    record.flight = Subscription::kNone;
    record.is_stale = record.is_forced = true;
    retry_at(id, record, std::chrono::seconds(1));
}

/// Cheaper than writing it to see: what is fixed in a NOTIFY, and its texts as they are.
bool NotifySender::is_surely_small(const Subscription& record, const Flight& flight) {
    std::size_t size = kFixedSize + flight.authorization.size();
    for (const auto part : kWritten) size += record.get(part).size();
    if (flight.composed) size += flight.composed->document.body.size();
    return size <= kMostOnUdp;
}

std::size_t NotifySender::size_of(Id id) {
    // Room for the Via the stack adds.
    static const std::string kVia(120, 'v');
    measured_.clear();
    write_request(pack(id), kVia, measured_);
    return measured_.size();
}

/// RFC 3261 18.1.1 for what goes to a UDP watcher: compact names first, then a stream to the very
/// address it came from, else the UDP flow all the same (RFC 3261 18.1.1).
sip::Flow NotifySender::fit_to_path(Id id, const Subscription& record, Flight& flight) {
    if (sip::is_reliable(record.flow.protocol) || is_surely_small(record, flight))
        return record.flow;
    if (size_of(id) <= kMostOnUdp) return record.flow;
    flight.is_compact = true;
    if (size_of(id) <= kMostOnUdp) return record.flow;
    if (const auto stream = stream_for(record)) {
        flight.is_switched = true;
        return *stream;
    }
    oversize_.add();
    return record.flow;
}

std::optional<sip::Flow> NotifySender::stream_for(const Subscription& record) {
    const auto uri = sip::parse_uri(record.get(Part::remote_target));
    const auto target = uri ? sip::numeric_target(*uri) : std::nullopt;
    if (!target || target->endpoint != record.flow.peer) return std::nullopt;
    const auto refused = datagram_only_.find(record.flow.peer.to_string());
    if (refused != datagram_only_.end()) {
        if (refused->second > context_.loop.now()) return std::nullopt;
        datagram_only_.erase(refused);
    }
    auto flow = context_.stack.transport().open(sip::Protocol::tcp, target->endpoint);
    return flow ? std::optional(*flow) : std::nullopt;
}

void NotifySender::write_request(std::uint64_t user, std::string_view via, std::string& out) {
    const auto* record = context_.subscriptions.find(unpack(user));
    if (!record || record->flight == Subscription::kNone) return;
    const auto& flight = flights_[record->flight];
    const auto& names = flight.is_compact ? kCompactNames : kLongNames;
    const auto routing = routing_of(*record);
    out += "NOTIFY ";
    out += routing.request_uri;
    out += " SIP/2.0\r\n";
    out += via;
    out += "Max-Forwards: 70\r\n";
    if (!routing.strict_route.empty()) {
        append_line(out, "Route: ", routing.strict_route);
    } else if (const auto routes = record->get(Part::route_set); !routes.empty()) {
        append_line(out, "Route: ", routes);
    }
    out += names.from;
    out += record->get(Part::local_uri);
    append_line(out, ";tag=", record->get(Part::local_tag));
    out += names.to;
    out += record->get(Part::remote_uri);
    if (const auto tag = record->get(Part::remote_tag); !tag.empty()) {
        out += ";tag=";
        out += tag;
    }
    out += "\r\n";
    append_line(out, names.call_id, record->get(Part::call_id));
    out += "CSeq: ";
    base::append_number(out, flight.cseq);
    out += " NOTIFY\r\n";
    append_line(out, names.contact, context_.stack.contact(record->flow));
    append_line(out, names.event, record->get(Part::event));
    write_state(*record, flight, out);
    out += flight.authorization;
    write_body(flight.composed.get(), flight.cseq - 1 - record->versionless, names, out);
}

void NotifySender::write_state(const Subscription& record, const Flight& flight, std::string& out) {
    out += "Subscription-State: ";
    if (flight.state == SubscriptionState::ending)
        return append_line(out, "terminated;reason=", name_of(record.reason));
    out += name_of(flight.state);
    out += ";expires=";
    base::append_number(out, flight.expires);
    out += "\r\n";
}

void NotifySender::forget(Id id) {
    auto* record = context_.subscriptions.find(id);
    if (!record) return;
    auto& timers = context_.loop.timers();
    timers.cancel(record->expiry);
    timers.cancel(record->retry);
    timers.cancel(record->decision);
    if (record->flight != Subscription::kNone) {
        context_.stack.forget(flights_[record->flight].transaction);
        flights_.release(record->flight);
    }
    detours_.erase(pack(id));
    authorizations_.erase(pack(id));
    told_parts_.erase(pack(id));
    become_well(id, *record);
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
    if (std::exchange(resource.is_dirty, false)) std::erase(dirty_, slot);
    resource.is_held = was_held;
}

}  // namespace herald::server
