// server/provisioning/device_requests.cpp: NOTIFYs that tell a registered device to fetch its
// configuration, to start again or to report.
#include "server/provisioning/device_requests.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/id.h"
#include "base/text.h"
#include "server/provisioning/device_place.h"
#include "server/provisioning/known_devices.h"
#include "server/register/registered_device.h"
#include "sip/dialog_request.h"

namespace herald::server {

namespace {

/// Start line, Via, Contact and the names of header fields.
constexpr std::size_t kRoomForHead = 700;

std::string registration_of(const packages::Binding& binding) {
    return binding.call_id + " " + std::to_string(binding.cseq);
}

}  // namespace

DeviceRequests::DeviceRequests(Context& context, Bindings& bindings, AwaitedDevices& awaited,
                               const DeviceLogins& device_logins, sip::Locator& locator)
    : context_(context),
      bindings_(bindings),
      awaited_(awaited),
      device_logins_(device_logins),
      locator_(locator),
      large_(context.loop, context.stack.transport()),
      logins_(context.config),
      sent_(context.metrics.counter("herald_provisioning_requests_total",
                                    "NOTIFY requests to devices on behalf of jobs")) {}

void DeviceRequests::send(DeviceRequest request, Done done) {
    const auto id = next_flight_++;
    auto& flight = flights_[id];
    flight.request = std::move(request);
    flight.done = std::move(done);
    const auto& named = flight.request;
    flight.call_id = named.call_id.empty() ? base::random_token(15) : named.call_id;
    flight.tag = named.tag.empty() ? base::random_token(10) : named.tag;
    begin(id);
}

const packages::Binding* DeviceRequests::binding_of(const DeviceRequest& request) const {
    return find_device(bindings_.of(request.aor), request.contact, request.instance);
}

void DeviceRequests::begin(std::uint64_t id) {
    auto& flight = flights_.at(id);
    const auto* binding = binding_of(flight.request);
    if (!binding) return conclude_later(id, 0);
    flight.registration = registration_of(*binding);
    const auto device = device_of(*binding, context_.home.epoch);
    if (!device) return conclude_later(id, 0);
    flight.request_uri = request_uri_of(*binding);
    flight.routes = binding->path;
    flight.credit = bindings_.credits().of(flight.request.aor, *binding);
    flight.authorization.clear();
    logins_.forget(id);
    flight.status = 0;
    ++flight.cseq;
    flight.path =
        sip::Path({context_.loop, context_.stack.transport(), locator_}, sip::legs_to(*device));
    take_next_way(id);
}

std::uint64_t DeviceRequests::Flight::next_name(const base::HashKey& key) {
    if (request.call_id.empty()) return 0;
    const auto text = "device " + call_id + " " + std::to_string(cseq) + " " + routes + " " +
                      request_uri + " " + std::to_string(departures++);
    return base::keyed_hash(key, text) | 1;
}

void DeviceRequests::take_next_way(std::uint64_t id) {
    follow(id, flights_.at(id).path.next([this, id](sip::Path::Step step) { follow(id, step); }));
}

void DeviceRequests::follow(std::uint64_t id, sip::Path::Step step) {
    switch (step) {
        case sip::Path::Step::ready:
            return depart(id);
        case sip::Path::Step::looking:
            return;
        case sip::Path::Step::over:
            return conclude_later(id, flights_.at(id).status);
    }
}

void DeviceRequests::depart(std::uint64_t id) {
    auto& flight = flights_.at(id);
    const auto size = kRoomForHead + flight.request.notice->body.size() + flight.routes.size() +
                      flight.authorization.size();
    const auto& way = flight.path.flow();
    flight.flow = flight.path.is_named()
                      ? large_.carrier(way, size)
                      : large_.carrier(way, size,
                                       sip::routing_of(flight.request_uri, flight.routes).next_hop);
    if (flight.credit && !flight.credit->allows(flight.flow, size)) return take_next_way(id);
    flight.is_switched = flight.flow.protocol != way.protocol;
    flight.has_left = false;
    const auto name = flight.next_name(context_.home.lasting_key);
    flight.transaction = context_.stack.start(flight.flow, *this, id, name);
    if (!flight.transaction) return conclude_later(id, 503);
    sent_.add();
}

void DeviceRequests::write_request(std::uint64_t user, std::string_view via, std::string& out) {
    const auto found = flights_.find(user);
    if (found == flights_.end()) return;
    auto& flight = found->second;
    const auto before = out.size();
    const auto& notice = *flight.request.notice;
    const auto name = "<" + flight.request.aor + ">";
    sip::append_head(out,
                     {.method = sip::Method::notify,
                      .remote_target = flight.request_uri,
                      .routes = flight.routes,
                      .from = name,
                      .from_tag = flight.tag,
                      .to = name,
                      .call_id = flight.call_id,
                      .cseq = flight.cseq},
                     via);
    out += "Contact: " +
           std::string(context_.stack.contact(flight.flow, sip::Scheme::sip, flight.request_uri)) +
           "\r\n";
    out += "Event: " + notice.event + "\r\n";
    out += "Subscription-State: terminated;reason=timeout\r\n";
    out += flight.authorization;
    if (!notice.type.empty()) out += "Content-Type: " + notice.type + "\r\n";
    out += "Content-Length: ";
    base::append_number(out, notice.body.size());
    out += "\r\n\r\n";
    out += notice.body;
    if (!flight.credit) return;
    const bool may_go = flight.credit->spend(flight.flow, out.size() - before);
    if (std::exchange(flight.has_left, true) && !may_go) out.resize(before);
}

void DeviceRequests::on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) {
    const auto found = flights_.find(user);
    if (found == flights_.end()) return;
    auto& flight = found->second;
    flight.transaction = {};
    const bool is_answer = outcome.how == sip::ClientOutcome::How::response;
    if (is_answer && flight.credit) flight.credit->prove(outcome.flow);
    if (!is_answer && flight.is_switched) {
        // The device takes no stream after all.
        large_.on_refused(outcome.flow);
        return depart(user);
    }
    const bool is_challenge = is_answer && (outcome.status == 401 || outcome.status == 407);
    if (is_challenge && outcome.message && sign(user, *outcome.message)) return depart(user);
    flight.status = outcome.status;
    if (sip::is_next_way_due(outcome)) return take_next_way(user);
    conclude(user, outcome.status);
}

/// RFC 3261 22.2: the same once more, by the way that answered.
bool DeviceRequests::sign(std::uint64_t id, const sip::Message& challenge) {
    auto& flight = flights_.at(id);
    flight.was_challenged = true;
    if (!logins_.take(id, challenge, device_logins_.find(flight.request.aor))) return false;
    const auto uri = sip::request_uri_of(sip::routing_of(flight.request_uri, flight.routes));
    flight.authorization = logins_.lines(id, uri, flight.request.notice->body);
    ++flight.cseq;
    return true;
}

void DeviceRequests::conclude_later(std::uint64_t id, int status) {
    context_.loop.post([this, id, status] {
        if (flights_.contains(id)) conclude(id, status);
    });
}

/// Nobody answered: once more; or it has registered anew meanwhile.
bool DeviceRequests::is_worth_more(const Flight& flight, DeviceVerdict verdict) const {
    if (verdict != DeviceVerdict::unreachable || flight.is_second) return false;
    const auto* binding = binding_of(flight.request);
    return binding && (flight.status == 408 || registration_of(*binding) != flight.registration);
}

void DeviceRequests::conclude(std::uint64_t id, int status) {
    auto& flight = flights_.at(id);
    flight.status = status;
    const auto verdict = flight.request.is_repeat ? verdict_of_repeat(status) : verdict_of(status);
    if (is_worth_more(flight, verdict)) {
        flight.is_second = true;
        return begin(id);
    }
    logins_.forget(id);
    auto ended = flights_.extract(id);
    auto& last = ended.mapped();
    learn(last, verdict);
    if (verdict == DeviceVerdict::unreachable)
        awaited_.wait_for_return(last.request.aor, last.request.ticket);
    last.done({verdict, status});
}

/// What the device did with this order is remembered for the next.
void DeviceRequests::learn(const Flight& flight, DeviceVerdict verdict) const {
    if (verdict == DeviceVerdict::unreachable) return;
    const auto* binding = binding_of(flight.request);
    auto key = binding ? key_of_device(flight.request.aor, *binding)
                       : key_of_device(flight.request.aor, flight.request.contact,
                                       flight.request.instance, {});
    const DeviceAnswer answer{
        .event = std::string(base::split_once(flight.request.notice->event, ';').before),
        .status = flight.status,
        .was_challenged = flight.was_challenged,
        .is_refusal = verdict == DeviceVerdict::refused};
    const auto owner = address_of_device(key);
    context_.peers.post<KnownDevices>(owner, [key = std::move(key), answer](KnownDevices& known) {
        known.note_answer(key, answer);
    });
}

bool DeviceRequests::has_flights(Cell cell) const {
    return std::any_of(flights_.begin(), flights_.end(), [&](const auto& entry) {
        return context_.cell_of(entry.second.request.aor) == cell;
    });
}

/// Whoever has the device from now on waits for it.
void DeviceRequests::give_back(std::uint64_t id) {
    auto ended = flights_.extract(id);
    auto& flight = ended.mapped();
    if (flight.transaction) context_.stack.forget(flight.transaction);
    logins_.forget(id);
    const auto& aor = flight.request.aor;
    context_.peers.post<AwaitedDevices>(
        aor, [aor, ticket = flight.request.ticket](AwaitedDevices& owner) {
            owner.wait_for_return(aor, ticket);
        });
    flight.done({DeviceVerdict::unreachable, 408});
}

/// A job whose device did not answer by then tries it again.
void DeviceRequests::forget_some(Cell cell, Forgetting& forgetting) {
    const auto unanswered = forgetting.find(flights_, [&](const auto& entry) {
        return context_.cell_of(entry.second.request.aor) == cell;
    });
    for (const auto id : unanswered) give_back(id);
}

}  // namespace herald::server
