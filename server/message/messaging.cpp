// server/message/messaging.cpp: what happens to a MESSAGE: gather, decide, send on or keep (RFC
// 3428).
#include "server/message/messaging.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "server/core/answers.h"
#include "server/message/message_text.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

/// RFC 5393 5.3.3.
constexpr std::uint32_t kDefaultBreadth = 60;
/// What became of a message is news for a day.
constexpr auto kNotificationKeep = std::chrono::hours(24);
/// For messages made here: somebody at a terminal waits.
constexpr auto kOwnPatience = std::chrono::seconds(3);

/// What a set of contacts was registered by: another one means another chance.
std::uint64_t mark_of(const std::vector<const packages::Binding*>& devices) {
    std::uint64_t mark = devices.size();
    for (const auto* device : devices)
        mark += std::hash<std::string>()(device->call_id) * (2 * std::uint64_t{device->cseq} + 1);
    return mark;
}

std::uint32_t breadth_of(const sip::Message& request) {
    const auto value = request.header("Max-Breadth");
    return value ? base::to_u32_clamped(*value).value_or(kDefaultBreadth) : kDefaultBreadth;
}

bool has_looped(const sip::Message& request, const std::string& parameter) {
    const auto& fields = request.fields();
    return std::any_of(fields.begin(), fields.end(), [&](const sip::HeaderField& field) {
        return field.id == sip::Header::via &&
               field.value.find(parameter) != std::string_view::npos;
    });
}

std::string request_uri_of(const sip::Uri& uri) {
    std::string text;
    sip::append_request_uri(text, uri);
    return text;
}

}  // namespace

Messaging::Messaging(Context& context, Registrar& registrar, sip::Locator& locator)
    : context_(context),
      registrar_(registrar),
      relay_(context, locator),
      stored_(context, relay_, registrar),
      gruus_(context.home.lasting_key),
      realm_(context.config.realm.empty() ? context.domains.first() : context.config.realm),
      time_(context.metrics.histogram("herald_message_seconds",
                                      "From a MESSAGE to its final answer")) {
    stored_.on_failed([this](const store::Message& message) {
        notify_sender(message, pidf::Disposition::failed);
    });
}

base::Counter& Messaging::counter(const char* did) {
    auto& counter = did_[did];
    if (!counter) {
        counter = &context_.metrics.counter("herald_messages_total",
                                            "MESSAGE requests accepted, by what became of them",
                                            {{"did", did}});
    }
    return *counter;
}

void Messaging::answer_with(const Incoming& incoming, const sip::Answer& answer, const char* did) {
    context_.stack.answer(incoming.transaction, answer);
    counter(did).add();
    time_.observe(static_cast<std::uint64_t>((context_.loop.now() - incoming.arrived).count()));
}

void Messaging::refuse(const Incoming& incoming, const sip::Answer& answer) {
    auto& counter = refused_[answer.status];
    if (!counter) {
        counter =
            &context_.metrics.counter("herald_messages_refused_total", "MESSAGE requests refused",
                                      {{"status", std::to_string(answer.status)}});
    }
    counter->add();
    context_.stack.answer(incoming.transaction, answer);
}

Messaging::Whom Messaging::whom(const sip::Uri& uri) const {
    if (!context_.domains.serves(uri))
        return {.kind = Recipient::foreign, .aor = {}, .devices = {}};
    if (const auto gruu = gruus_.read(uri)) {
        const auto* device = registrar_.binding(*gruu);
        if (!device) return {};
        return {.kind = Recipient::device, .aor = {}, .devices = {device}};
    }
    Whom whom{.kind = Recipient::user, .aor = context_.resource_of(uri), .devices = {}};
    if (!uri.has_user || !context_.knows(whom.aor)) return {};
    whom.devices = registrar_.bindings(whom.aor);
    const auto instance = public_gruu_instance(uri);
    if (!instance) return whom;
    whom.kind = Recipient::device;
    std::erase_if(whom.devices, [&](const packages::Binding* device) {
        return !base::iequals(device->instance, *instance);
    });
    return whom;
}

std::uint32_t Messaging::wait_of(const Identity& who, const sip::Flow& flow) {
    if (who.is_trusted_peer) return 0;
    const auto& config = context_.config;
    if (config.message_rate == 0) return 0;
    const bool is_known = !who.aor.empty();
    return rate_.take(is_known ? who.aor : flow.peer.host(), config.message_rate,
                      config.message_burst, context_.loop.now());
}

MessageRules Messaging::rules() const {
    const auto& config = context_.config;
    return {.max_body = config.message_max_body,
            .types = config.message_types,
            .stores = config.message_store,
            .stored_is_200 = config.message_stored_is_200,
            .has_foreign = config.message_foreign};
}

/// A token for the Vias of what is sent on: who meets it again has a loop (RFC 5393 4.2).
std::string Messaging::loop_parameter(std::string_view request_uri) const {
    const auto hash = base::keyed_hash(context_.home.lasting_key, request_uri);
    std::string parameter = ";loop=";
    base::append_number(parameter, hash);
    return parameter;
}

MessageFacts Messaging::facts_of(const Incoming& incoming, const sip::Message& request,
                                 std::size_t devices) const {
    const auto expiry = expiry_of(request, context_.wall());
    const bool is_kept = incoming.recipient == Recipient::user;
    return {.request = request,
            .sender = incoming.who,
            .recipient = incoming.recipient,
            .devices = devices,
            .is_repetition = is_kept && stored_.knows(incoming.aor, context_.mark_of(request)),
            .is_delivering = is_kept && stored_.is_delivering(incoming.aor),
            .has_room = is_kept && stored_.has_room(incoming.aor, request.body().size()),
            .is_composing = is_composing(message_type(request), request.body()),
            .is_expired = expiry != base::WallTime{} && expiry <= context_.wall(),
            .has_looped = has_looped(request, loop_parameter(request.request_uri())),
            .wait = incoming.wait,
            .breadth = breadth_of(request),
            .rules = rules()};
}

void Messaging::on_message(sip::ServerTransactionId transaction, const sip::Message& request,
                           const sip::Flow& flow) {
    auto incoming = std::make_shared<Incoming>();
    incoming->transaction = transaction;
    incoming->arrived = context_.loop.now();
    incoming->source = flow.peer;
    // The dialogs here are subscriptions, and nobody reads what is said in them (RFC 5057 5.3).
    if (!request.to_tag().empty())
        return refuse(*incoming, answer(403, "Nobody reads messages in this dialog"));
    auto result = context_.authenticator.authenticate(request, flow);
    if (auto* refusal = std::get_if<AuthenticationRefusal>(&result)) {
        if (!refusal->is_challenge) return refuse(*incoming, refusal->answer);
        return context_.stack.answer_and_forget(transaction, refusal->answer);
    }
    incoming->who = std::get<Identity>(std::move(result));
    incoming->wait = wait_of(incoming->who, flow);
    const auto uri = sip::parse_uri(request.request_uri());
    if (!uri) return refuse(*incoming, answer(400, "Malformed Request-URI"));
    if (auto notification = routed_notification(request, context_.domains))
        return send_on(incoming, request, *std::move(notification));
    auto named = whom(*uri);
    incoming->recipient = named.kind;
    incoming->aor = std::move(named.aor);
    auto decision = decide(facts_of(*incoming, request, named.devices.size()));
    if (const auto* refusal = std::get_if<sip::Answer>(&decision))
        return refuse(*incoming, *refusal);
    carry_out(incoming, request, std::get<MessageOperation>(decision), named);
}

void Messaging::carry_out(const IncomingPtr& incoming, const sip::Message& request,
                          MessageOperation operation, const Whom& whom) {
    switch (operation) {
        case MessageOperation::relay:
            incoming->devices_mark = mark_of(whom.devices);
            return relay(incoming, request, targets_of(whom.devices, context_.home.epoch));
        case MessageOperation::forward:
            return forward(incoming, request);
        case MessageOperation::store:
            return keep(incoming, request);
        case MessageOperation::drop:
            return answer_with(*incoming, accepted(rules()), "dropped");
        case MessageOperation::expire:
            return expire(*incoming, request);
        case MessageOperation::repeat:
            return answer_with(*incoming, accepted(rules()), "repeated");
    }
}

void Messaging::relay(const IncomingPtr& incoming, const sip::Message& request,
                      std::vector<RelayTarget> targets) {
    const bool is_forked = targets.size() > 1 || request.header("Max-Breadth");
    RelayOrder order;
    order.text = relayed_text(
        request, incoming->source,
        {.realm = realm_, .keeps_identity = keeps_identity(*incoming), .keeps_routes = false});
    order.via_parameter = loop_parameter(request.request_uri());
    order.breadth = is_forked ? breadth_of(request) : 0;
    order.targets = std::move(targets);
    order.patience = std::chrono::seconds(context_.config.message_patience);
    relay_.start(std::move(order),
                 [this, incoming](const RelayReport& report) { on_report(incoming, report); });
}

/// Where a request to another domain goes: its own routes first, then the operator's proxy, else
/// the servers of the domain.
RelayTarget Messaging::foreign_target(const std::string& uri, const std::string& routes) const {
    RelayTarget target;
    target.request_uri = uri;
    target.route = routes;
    if (const auto& proxy = context_.config.outbound_proxy; routes.empty() && !proxy.empty()) {
        target.next_hop = proxy;
        const bool is_loose = proxy.find(";lr") != std::string::npos;
        target.route = "<" + proxy + (is_loose ? ">" : ";lr>");
    } else if (!routes.empty()) {
        const auto first = sip::parse_name_address(routes.substr(0, routes.find('>') + 1));
        if (first) target.next_hop = first->uri;
    }
    return target;
}

void Messaging::forward(const IncomingPtr& incoming, const sip::Message& request) {
    std::string routes;
    for (const auto value : request.list(sip::Header::route)) {
        const auto route = sip::parse_name_address(value);
        const auto uri = route ? sip::parse_uri(route->uri) : Result<sip::Uri>(Fault{});
        const bool is_ours = routes.empty() && uri && context_.domains.is_ours(uri->host);
        if (is_ours) continue;
        if (!routes.empty()) routes += ", ";
        routes += value;
    }
    const auto uri = sip::parse_uri(request.request_uri());
    relay(incoming, request, {foreign_target(request_uri_of(*uri), routes)});
}

void Messaging::on_report(const IncomingPtr& incoming, const RelayReport& report) {
    switch (report.stage) {
        case RelayReport::Stage::answered: {
            if (report.best.status >= 300) return on_undelivered(incoming, report.best);
            const bool is_foreign = incoming->recipient == Recipient::foreign;
            answer_with(*incoming, report.best, is_foreign ? "forwarded" : "relayed");
            // Whoever answers can be sent what waits for him as well.
            return stored_.deliver(incoming->aor);
        }
        case RelayReport::Stage::settled:
            return;
        case RelayReport::Stage::late:
            if (incoming->stored_id != 0) stored_.forget(incoming->aor, incoming->stored_id);
            return;
    }
}

void Messaging::on_undelivered(const IncomingPtr& incoming, const sip::Answer& best) {
    const auto* request = context_.stack.request(incoming->transaction);
    if (!request) return;
    if (incoming->recipient == Recipient::foreign) return refuse(*incoming, best);
    auto decision = decide_undelivered(facts_of(*incoming, *request, 0), best);
    if (const auto* refusal = std::get_if<sip::Answer>(&decision))
        return refuse(*incoming, *refusal);
    carry_out(incoming, *request, std::get<MessageOperation>(decision), {});
}

store::Message Messaging::message_of(const Incoming& incoming, const sip::Message& request) const {
    auto message =
        kept_form(request, context_.wall(), std::chrono::seconds(context_.config.message_keep),
                  keeps_identity(incoming));
    message.recipient = incoming.aor;
    message.sender = incoming.who.aor;
    message.mark = context_.request_mark(request);
    return message;
}

void Messaging::keep(const IncomingPtr& incoming, const sip::Message& request) {
    if (context_.port.is_full()) return refuse(*incoming, unavailable("Busy"));
    auto message = message_of(*incoming, request);
    message.id = incoming->stored_id = context_.next_id();
    stored_.keep(std::move(message),
                 [this, incoming](store::Outcome outcome) { on_kept(incoming, outcome); });
}

void Messaging::on_kept(const IncomingPtr& incoming, store::Outcome outcome) {
    if (outcome == store::Outcome::unknown) return context_.stack.abandon(incoming->transaction);
    if (outcome != store::Outcome::committed)
        return refuse(*incoming, unavailable("The store is not available"));
    if (const auto* request = context_.stack.request(incoming->transaction))
        notify_sender(message_of(*incoming, *request), pidf::Disposition::stored);
    answer_with(*incoming, accepted(rules()), "stored");
    // Who registered while nobody answered has not been tried.
    const auto devices = registrar_.bindings(incoming->aor);
    if (!devices.empty() && mark_of(devices) != incoming->devices_mark)
        stored_.deliver(incoming->aor);
}

/// RFC 3428 7: what is too old is not shown to anybody.
void Messaging::expire(const Incoming& incoming, const sip::Message& request) {
    notify_sender(message_of(incoming, request), pidf::Disposition::failed);
    answer_with(incoming, accepted(rules()), "expired");
}

void Messaging::notify_sender(const store::Message& message, pidf::Disposition disposition) {
    const auto keep = std::min<base::Duration>(kNotificationKeep,
                                               std::chrono::seconds(context_.config.message_keep));
    auto note = notification_of(message, disposition, context_.domains, context_.wall(), keep);
    if (!note) return;
    counter(disposition == pidf::Disposition::stored ? "notified_stored" : "notified_failed").add();
    hand_on(*std::move(note), nullptr);
}

void Messaging::hand_on(store::Message message, Done done) {
    message.recipient = std::string(context_.aliases.resolve(message.recipient));
    if (context_.is_owner_of(message.recipient)) return submit(std::move(message), std::move(done));
    const std::string recipient = message.recipient;
    context_.peers.post<Messaging>(
        recipient,
        [message = std::move(message), done = told_here(std::move(done))](
            Messaging& owner) mutable { owner.submit(std::move(message), std::move(done)); });
}

/// `done` as another shard's thread may call it.
Messaging::Done Messaging::told_here(Done done) {
    if (!done) return nullptr;
    return [loop = &context_.loop, done = std::make_shared<Done>(std::move(done))](
               const Result<int>& outcome) { loop->post([done, outcome] { (*done)(outcome); }); };
}

/// Notifications come along the way their messages went, and this server was on it: it is sent on
/// as a request of its own (RFC 5438 8, 12.2).
void Messaging::send_on(const IncomingPtr& incoming, const sip::Message& request,
                        RoutedNotification notification) {
    const bool is_ours = context_.domains.serves_host(domain_of(notification.recipient));
    incoming->recipient = is_ours ? Recipient::user : Recipient::foreign;
    const auto decision = decide(facts_of(*incoming, request, 1));
    if (const auto* refusal = std::get_if<sip::Answer>(&decision))
        return refuse(*incoming, *refusal);
    if (std::get<MessageOperation>(decision) == MessageOperation::expire)
        return answer_with(*incoming, accepted(rules()), "expired");
    auto message = message_of(*incoming, request);
    message.recipient = std::move(notification.recipient);
    message.to = "<" + message.recipient + ">";
    message.body = std::move(notification.body);
    message.size = size_of(message);
    hand_on(std::move(message), [this, incoming](const Result<int>& outcome) {
        if (!outcome) return on_not_sent_on(*incoming, outcome.fault());
        answer_with(*incoming, *outcome == 200 ? answer(200) : accepted(rules()), "routed");
    });
}

void Messaging::on_not_sent_on(const Incoming& incoming, const Fault& fault) {
    switch (fault.kind) {
        case FaultKind::unknown_outcome:
            return context_.stack.abandon(incoming.transaction);
        case FaultKind::conflict:
        case FaultKind::limit_reached:
            return refuse(incoming, answer(480, fault.detail));
        default:
            return refuse(incoming, from_fault(fault));
    }
}

void Messaging::submit(store::Message message, Done done) {
    const auto fail = [&](FaultKind kind, const char* why) {
        if (done) done(Fault{kind, why});
    };
    const auto uri = sip::parse_uri(message.recipient);
    if (!uri) return fail(FaultKind::malformed, "The recipient is no SIP URI");
    const auto named = whom(*uri);
    auto shared = std::make_shared<Done>(std::move(done));
    if (named.kind == Recipient::foreign && context_.config.message_foreign) {
        auto kept = std::make_shared<store::Message>(std::move(message));
        return submit_to_devices(kept, shared, {foreign_target(kept->recipient, {})});
    }
    if (named.kind != Recipient::user) {
        if (*shared) (*shared)(Fault{FaultKind::not_found, "There is no such user here"});
        return;
    }
    message.recipient = named.aor;
    if (named.devices.empty() || stored_.is_delivering(named.aor))
        return submit_to_store(std::make_shared<store::Message>(std::move(message)), shared);
    submit_to_devices(std::make_shared<store::Message>(std::move(message)), shared,
                      targets_of(named.devices, context_.home.epoch));
}

void Messaging::submit_to_devices(const std::shared_ptr<store::Message>& message,
                                  const std::shared_ptr<Done>& done,
                                  std::vector<RelayTarget> targets) {
    RelayOrder order;
    order.text = delivery_text(*message, context_.wall());
    order.breadth = targets.size() > 1 ? kDefaultBreadth : 0;
    order.targets = std::move(targets);
    order.patience = std::min<base::Duration>(
        kOwnPatience, std::chrono::seconds(context_.config.message_patience));
    relay_.start(std::move(order), [this, message, done](const RelayReport& report) {
        if (report.stage == RelayReport::Stage::late && message->id != 0)
            return stored_.forget(message->recipient, message->id);
        if (report.stage != RelayReport::Stage::answered) return;
        const int status = report.best.status;
        if (status < 300) {
            if (*done) (*done)(200);
        } else if (is_absence(status)) {
            submit_to_store(message, done);
        } else if (*done) {
            (*done)(Fault{FaultKind::conflict, "The recipient answered " + std::to_string(status)});
        }
    });
}

void Messaging::submit_to_store(const std::shared_ptr<store::Message>& message,
                                const std::shared_ptr<Done>& done) {
    const auto fail = [&](FaultKind kind, const char* why) {
        if (*done) (*done)(Fault{kind, why});
    };
    const bool is_foreign = !context_.domains.serves_host(domain_of(message->recipient));
    if (is_foreign || !context_.config.message_store)
        return fail(FaultKind::unavailable, "The recipient is not there");
    if (!stored_.has_room(message->recipient, message->size))
        return fail(FaultKind::limit_reached, "The recipient has too many messages waiting");
    if (context_.port.is_full()) return fail(FaultKind::unavailable, "Busy; try again");
    message->id = context_.next_id();
    stored_.keep(*message, [done](store::Outcome outcome) {
        if (!*done) return;
        const auto status = status_of(outcome);
        (*done)(status ? Result<int>(202) : Result<int>(status.fault()));
    });
}

}  // namespace herald::server
