// server/mwi/mailbox_notices.cpp: NOTIFYs of waiting messages to registered phones that did not
// subscribe.
#include "server/mwi/mailbox_notices.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "server/address/instance.h"
#include "server/register/registered_device.h"
#include "sip/dialog_request.h"
#include "sip/fields.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;

/// As for subscriptions (RFC 3842 3.12).
constexpr auto kPause = std::chrono::seconds(1);

/// Start line, Via, names and all header fields but Route.
constexpr std::size_t kRoomForHead = 700;

void append_line(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += value;
    out += "\r\n";
}

/// The device said that it wants none of these.
bool is_refusal(int status) {
    return status == 405 || status == 481 || status == 489;
}

bool is_same_uri(std::string_view a, std::string_view b) {
    if (a == b) return true;
    const auto one = sip::parse_uri(a);
    const auto other = sip::parse_uri(b);
    return one && other && sip::equivalent(*one, *other);
}

}  // namespace

MailboxNotices::MailboxNotices(Context& context, Mailboxes& mailboxes, Bindings& bindings,
                               sip::Locator& locator)
    : context_(context),
      mailboxes_(mailboxes),
      bindings_(bindings),
      locator_(locator),
      package_(packages::message_summary()),
      logins_(context.config),
      sent_(context.metrics.counter("herald_mwi_unsolicited_total",
                                    "NOTIFY requests to phones that did not subscribe")),
      refused_(context.metrics.counter("herald_mwi_unsolicited_refused_total",
                                       "Phones that answered one with 405, 481 or 489")) {}

bool MailboxNotices::is_wanted(const std::string& aor) const {
    const auto* settings = mailboxes_.settings(aor);
    if (settings && settings->unsolicited) return *settings->unsolicited;
    return mwi().is_unsolicited;
}

void MailboxNotices::announce(const std::string& aor) {
    if (!is_wanted(aor)) {
        // What is known of its phones is of no use any more.
        const auto found = lamps_.find(aor);
        if (found != lamps_.end() && !found->second.due) lamps_.erase(found);
        return;
    }
    if (lamps_.size() >= sweep_at_) sweep();
    auto& lamp = lamps_[aor];
    if (lamp.due) return;
    const auto now = context_.loop.now();
    const auto due = lamp.told_at == base::Instant{} ? now : std::max(now, lamp.told_at + kPause);
    lamp.due = context_.loop.timers().arm(due, [this, aor] { tell(aor); });
    ++due_[static_cast<std::size_t>(context_.cell_of(aor))];
}

void MailboxNotices::on_changed(std::uint32_t resource) {
    const auto& changed = context_.resources[resource];
    // What comes with its cell is no change.
    if (context_.rest.is_at_rest(changed.cell)) return;
    if (changed.package == &package_) announce(changed.aor);
}

/// Nobody would tell a phone later.
bool MailboxNotices::has_flights(Cell cell) const {
    if (due_[static_cast<std::size_t>(cell)] > 0) return true;
    return std::any_of(flights_.begin(), flights_.end(), [&](const auto& entry) {
        return context_.cell_of(entry.second.aor) == cell;
    });
}

void MailboxNotices::forget_some(Cell cell, Forgetting& forgetting) {
    forgetting.erase(
        lamps_, [&](const auto& entry) { return context_.cell_of(entry.first) == cell; },
        [&](auto& entry) { end_wait(cell, entry.second); });
    forgetting.erase(
        flights_, [&](const auto& entry) { return context_.cell_of(entry.second.aor) == cell; },
        [&](const auto& entry) {
            if (entry.second.transaction) context_.stack.forget(entry.second.transaction);
            logins_.forget(entry.first);
        });
}

/// Those whose phones are all gone.
void MailboxNotices::sweep() {
    std::erase_if(lamps_, [this](const auto& entry) {
        return !entry.second.due && bindings_.of(entry.first).empty();
    });
    sweep_at_ = 2 * lamps_.size() + kSweepAt;
}

/// It is told, or never will be.
void MailboxNotices::end_wait(Cell cell, Lamp& lamp) {
    if (!lamp.due) return;
    context_.loop.timers().cancel(lamp.due);
    --due_[static_cast<std::size_t>(cell)];
}

void MailboxNotices::tell(const std::string& aor) {
    const auto found = lamps_.find(aor);
    if (found == lamps_.end()) return;
    auto& lamp = found->second;
    end_wait(context_.cell_of(aor), lamp);
    const auto bindings = bindings_.of(aor);
    std::erase_if(lamp.phones, [&](const Phone& phone) {
        return std::none_of(bindings.begin(), bindings.end(),
                            [&](const auto* binding) { return binding->contact == phone.contact; });
    });
    if (!is_wanted(aor) || bindings.empty()) {
        lamps_.erase(found);
        return;
    }
    lamp.told_at = context_.loop.now();
    const auto composed = mailboxes_.document(aor);
    for (const auto* binding : bindings)
        tell_phone(aor, phone_of(lamp, *binding), *binding, composed);
}

MailboxNotices::Phone& MailboxNotices::phone_of(Lamp& lamp, const packages::Binding& binding) {
    const auto found =
        std::find_if(lamp.phones.begin(), lamp.phones.end(),
                     [&](const Phone& phone) { return phone.contact == binding.contact; });
    if (found != lamp.phones.end()) return *found;
    auto& phone = lamp.phones.emplace_back();
    phone.contact = binding.contact;
    phone.call_id = base::random_token(15);
    phone.tag = base::random_token(10);
    return phone;
}

MailboxNotices::Phone* MailboxNotices::find_phone(const std::string& aor,
                                                  const std::string& contact) {
    const auto lamp = lamps_.find(aor);
    if (lamp == lamps_.end()) return nullptr;
    for (auto& phone : lamp->second.phones) {
        if (phone.contact == contact) return &phone;
    }
    return nullptr;
}

void MailboxNotices::tell_phone(const std::string& aor, Phone& phone,
                                const packages::Binding& binding,
                                const packages::Composed& composed) {
    if (phone.registration != binding.call_id) phone.refuses = false;
    const bool knows = phone.fingerprint == composed.fingerprint &&
                       phone.registration == binding.call_id &&
                       phone.registered_cseq == binding.cseq;
    const auto device = device_of(binding, context_.home.epoch);
    if (!device || phone.refuses || knows || is_subscribed(aor, binding)) return;
    if (phone.is_waited_for) {
        phone.is_stale = true;
        return;
    }
    phone.registration = binding.call_id;
    phone.registered_cseq = binding.cseq;
    phone.fingerprint = composed.fingerprint;
    phone.is_waited_for = true;
    const auto id = next_flight_++;
    flights_[id] = {.aor = aor,
                    .contact = binding.contact,
                    .request_uri = request_uri_of(binding),
                    .routes = binding.path,
                    .call_id = phone.call_id,
                    .tag = phone.tag,
                    .state = state_of(binding),
                    .body = composed.document.body,
                    .type = composed.document.type,
                    .path = sip::Path({context_.loop, context_.stack.transport(), locator_},
                                      sip::legs_to(*device)),
                    .transaction = {},
                    .authorization = {},
                    .cseq = ++phone.cseq,
                    .credit = bindings_.credits().of(aor, binding)};
    take_next_way(id);
}

/// A phone that subscribed hears everything there.
bool MailboxNotices::is_subscribed(const std::string& aor, const packages::Binding& binding) const {
    const auto slot = context_.resources.find(package_, aor);
    if (slot == Resource::kNone) return false;
    const auto& watchers = context_.resources[slot].watchers;
    return std::any_of(watchers.begin(), watchers.end(), [&](std::uint32_t watcher) {
        const auto& record = context_.subscriptions[watcher];
        if (!record.is_live()) return false;
        if (!binding.instance.empty() &&
            is_same_instance(record.get(Part::instance), binding.instance))
            return true;
        return is_same_uri(record.get(Part::remote_target), binding.contact);
    });
}

std::string MailboxNotices::state_of(const packages::Binding& binding) const {
    if (!mwi().is_unsolicited_active) return "terminated;reason=timeout";
    const auto left = binding.expires_at == base::WallTime{}
                          ? package_.profile().default_expires
                          : seconds_left(binding.expires_at, context_.wall());
    return "active;expires=" + std::to_string(left);
}

void MailboxNotices::take_next_way(std::uint64_t id) {
    const auto step =
        flights_.at(id).path.next([this, id](sip::Path::Step found) { follow(id, found); });
    follow(id, step);
}

void MailboxNotices::follow(std::uint64_t id, sip::Path::Step step) {
    if (step == sip::Path::Step::looking) return;
    if (step == sip::Path::Step::over) return land(id, 503);
    auto& flight = flights_.at(id);
    const auto size = kRoomForHead + flight.body.size() + flight.routes.size();
    if (flight.credit && !flight.credit->allows(flight.path.flow(), size)) return take_next_way(id);
    flight.has_left = false;
    flight.transaction = context_.stack.start(flight.path.flow(), *this, id);
    if (!flight.transaction) return land(id, 503);
    sent_.add();
}

void MailboxNotices::write_request(std::uint64_t user, std::string_view via, std::string& out) {
    const auto found = flights_.find(user);
    if (found == flights_.end()) return;
    auto& flight = found->second;
    const auto before = out.size();
    const auto aor = "<" + flight.aor + ">";
    sip::append_head(out,
                     {.method = sip::Method::notify,
                      .remote_target = flight.request_uri,
                      .routes = flight.routes,
                      .from = aor,
                      .from_tag = flight.tag,
                      .to = aor,
                      .to_tag = {},
                      .call_id = flight.call_id,
                      .cseq = flight.cseq},
                     via);
    append_line(out, "Contact: ",
                context_.stack.contact(flight.path.flow(), sip::Scheme::sip, flight.request_uri));
    append_line(out, "Event: ", package_.profile().event);
    append_line(out, "Subscription-State: ", flight.state);
    out += flight.authorization;
    append_line(out, "Content-Type: ", flight.type);
    out += "Content-Length: ";
    base::append_number(out, flight.body.size());
    out += "\r\n\r\n";
    out += flight.body;
    if (!flight.credit) return;
    const bool may_go = flight.credit->spend(flight.path.flow(), out.size() - before);
    if (std::exchange(flight.has_left, true) && !may_go) out.resize(before);
}

void MailboxNotices::on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) {
    const auto found = flights_.find(user);
    if (found == flights_.end()) return;
    found->second.transaction = {};
    if (outcome.how == sip::ClientOutcome::How::response && found->second.credit)
        found->second.credit->prove(outcome.flow);
    const bool is_challenge = outcome.status == 401 || outcome.status == 407;
    if (is_challenge && outcome.message && sign(user, *outcome.message)) return;
    const bool has_more = sip::is_next_way_due(outcome) && found->second.path.has_more();
    has_more ? take_next_way(user) : land(user, outcome.status);
}

/// RFC 3261 22.2: the same once more, by the way that answered.
bool MailboxNotices::sign(std::uint64_t id, const sip::Message& challenge) {
    auto& flight = flights_.at(id);
    auto* phone = find_phone(flight.aor, flight.contact);
    if (!phone || !logins_.take(id, challenge)) return false;
    const auto routing = sip::routing_of(flight.request_uri, flight.routes);
    flight.authorization = logins_.lines(id, sip::request_uri_of(routing), flight.body);
    flight.cseq = ++phone->cseq;
    flight.transaction = context_.stack.start(flight.path.flow(), *this, id);
    return static_cast<bool>(flight.transaction);
}

void MailboxNotices::land(std::uint64_t id, int status) {
    const auto found = flights_.find(id);
    if (found == flights_.end()) return;
    const auto flight = std::move(found->second);
    flights_.erase(found);
    logins_.forget(id);
    auto* phone = find_phone(flight.aor, flight.contact);
    if (!phone || phone->call_id != flight.call_id) return;
    phone->is_waited_for = false;
    if (is_refusal(status)) {
        phone->refuses = true;
        refused_.add();
        return;
    }
    // Whoever did not take it is told at the next change or registration, not again and again.
    if (status < 200 || status > 299) phone->fingerprint = 0;
    if (std::exchange(phone->is_stale, false)) announce(flight.aor);
}

}  // namespace herald::server
