// server/provisioning/device_requests.cpp: NOTIFYs that tell a registered device to fetch its
// configuration, to start again or to report.
#include "server/provisioning/device_requests.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/id.h"
#include "base/text.h"
#include "server/address/instance.h"
#include "server/provisioning/jobs.h"
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

DeviceVerdict verdict_of(int status) noexcept {
    if (status >= 200 && status < 300) return DeviceVerdict::delivered;
    switch (status) {
        case 401:
        case 407:
            return DeviceVerdict::challenged;
        case 0:
        case 408:
        case 430:
        case 480:
        case 503:
            return DeviceVerdict::unreachable;
        default:
            return DeviceVerdict::refused;
    }
}

DeviceVerdict verdict_of_repeat(int status) noexcept {
    return status == 482 ? DeviceVerdict::delivered : verdict_of(status);
}

DeviceRequests::DeviceRequests(Context& context, Bindings& bindings,
                               const DeviceLogins& device_logins, sip::Locator& locator)
    : context_(context),
      bindings_(bindings),
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

/// The device as it is registered now: a new contact of the same instance, or the only one there
/// is.
const packages::Binding* DeviceRequests::binding_of(const std::string& aor,
                                                    std::string_view contact,
                                                    std::string_view instance) const {
    const auto bindings = bindings_.of(aor);
    const auto find = [&](auto is_it) -> const packages::Binding* {
        // The newest: what a device had before it started again may not have run out yet.
        const auto found = std::find_if(bindings.rbegin(), bindings.rend(), is_it);
        return found == bindings.rend() ? nullptr : *found;
    };
    if (!instance.empty()) {
        const auto* same = find([&](const packages::Binding* each) {
            return is_same_instance(each->instance, instance);
        });
        if (same) return same;
    }
    const auto* same =
        find([&](const packages::Binding* each) { return each->contact == contact; });
    if (same) return same;
    return bindings.size() == 1 && instance.empty() ? bindings.front() : nullptr;
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
    if (verdict == DeviceVerdict::unreachable) wait_for(last.request.aor, last.request.ticket);
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

std::uint64_t DeviceRequests::hash_of(std::string_view text) const noexcept {
    return base::keyed_hash(context_.home.bucket_key, text);
}

void DeviceRequests::wait_for(const std::string& aor, const DeviceTicket& ticket) {
    awaited_.emplace(hash_of(aor), ticket);
}

void DeviceRequests::wait_for_start(const DevicePlace& where, const DeviceTicket& ticket) {
    const std::string aor(where.aor());
    const auto* binding = binding_of(aor, where.contact(), where.instance());
    const bool has_instance = !where.instance().empty();
    const auto name = has_instance ? base::lower(where.instance()) : std::string(where.contact());
    starting_.emplace(hash_of(aor), Starting{.job = ticket.job,
                                             .number = ticket.device,
                                             .sequence = binding ? tag_of(binding->call_id) : 0,
                                             .device = tag_of(name),
                                             .has_instance = has_instance});
}

/// A device without an instance may have another Contact by now: the only one there is, then.
bool DeviceRequests::has_started(const std::string& aor, const Starting& starting) const {
    const auto bindings = bindings_.of(aor);
    return std::any_of(bindings.begin(), bindings.end(), [&](const packages::Binding* each) {
        const auto name =
            starting.has_instance ? base::lower(each->instance) : std::string(each->contact);
        const bool is_it =
            tag_of(name) == starting.device || (!starting.has_instance && bindings.size() == 1);
        return is_it && tag_of(each->call_id) != starting.sequence;
    });
}

void DeviceRequests::on_registered(const std::string& aor, std::string_view /*flow*/) {
    if (awaited_.empty() && starting_.empty()) return;
    const auto hash = hash_of(aor);
    const auto [first, last] = awaited_.equal_range(hash);
    for (auto each = first; each != last; ++each) {
        const auto job = address_of_job(each->second.job);
        context_.peers.post<Jobs>(job, [job, device = each->second.device](Jobs& owner) {
            owner.runs().on_return(job, device);
        });
    }
    awaited_.erase(first, last);
    see_starts(aor, hash);
}

void DeviceRequests::see_starts(const std::string& aor, std::uint64_t hash) {
    auto [each, last] = starting_.equal_range(hash);
    while (each != last) {
        const auto starting = each->second;
        if (!has_started(aor, starting)) {
            ++each;
            continue;
        }
        each = starting_.erase(each);
        const auto job = address_of_job(starting.job);
        context_.peers.post<Jobs>(job, [job, device = starting.number](Jobs& owner) {
            owner.runs().on_effect(job, device);
        });
    }
}

void DeviceRequests::let_go(std::uint64_t job) {
    std::erase_if(awaited_, [job](const auto& each) { return each.second.job == job; });
}

void DeviceRequests::abandon(std::uint64_t job) {
    let_go(job);
    std::erase_if(starting_, [job](const auto& each) { return each.second.job == job; });
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
    context_.peers.post<DeviceRequests>(
        aor, [aor, ticket = flight.request.ticket](DeviceRequests& owner) {
            owner.wait_for(aor, ticket);
        });
    flight.done({DeviceVerdict::unreachable, 408});
}

/// The hash of an address says its cell (core/bucket.h). A job whose device did not answer by then
/// tries it again.
void DeviceRequests::forget(Cell cell) {
    const auto is_of_cell = [cell](const auto& entry) {
        return cell_of(static_cast<std::uint32_t>(entry.first % kBuckets)) == cell;
    };
    std::erase_if(awaited_, is_of_cell);
    std::erase_if(starting_, is_of_cell);
    std::vector<std::uint64_t> unanswered;
    for (const auto& [id, flight] : flights_) {
        if (context_.cell_of(flight.request.aor) == cell) unanswered.push_back(id);
    }
    for (const auto id : unanswered) give_back(id);
}

}  // namespace herald::server
