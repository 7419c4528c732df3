// server/message/messaging.cpp: what happens to a MESSAGE: gather, decide, send on or keep (RFC
// 3428).
#include "server/message/messaging.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "base/text_map.h"
#include "server/core/answers.h"
#include "server/message/message_text.h"
#include "sip/dialog_request.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

/// Identifies the registrations of a set of contacts: if it changes, another try may succeed.
std::uint64_t mark_of(const std::vector<const packages::Binding*>& devices) {
    std::uint64_t mark = devices.size();
    for (const auto* device : devices)
        mark += base::NameHash()(device->call_id) * (2 * std::uint64_t{device->cseq} + 1);
    return mark;
}

std::string foreign_uri_of(const sip::Uri& uri) {
    std::string text;
    sip::append_request_uri(text, uri);
    return text;
}

/// Whose devices were found: a temporary GRUU does not say, the device's public one does.
std::string owner_of(const std::string& aor, const Recipients::Found& found) {
    if (!aor.empty() || found.devices.empty()) return aor;
    const auto& gruu = found.devices.front()->public_gruu;
    return gruu.substr(0, gruu.rfind(";gr="));
}

/// Those behind our own. Faults: malformed.
Result<std::string> routes_beyond(const sip::Message& request, const Domains& domains) {
    const auto routes = sip::read_routes(request, sip::Header::route);
    if (!routes) return routes;
    std::string_view left = *routes;
    const auto is_ours = [&](std::string_view route) {
        const auto uri = sip::parse_uri(route);
        return uri && domains.is_ours(uri->host);
    };
    while (!left.empty() && is_ours(sip::first_route(left))) left = sip::without_first_route(left);
    return std::string(left);
}

}  // namespace

Messaging::Messaging(Context& context, Bindings& bindings, sip::Locator& locator)
    : context_(context),
      bindings_(bindings),
      relay_(context, locator),
      stored_(context),
      delivery_(context, stored_, relay_, bindings),
      recipients_(context, bindings),
      incoming_(context, stored_, delivery_),
      tally_(context),
      own_({context, bindings, recipients_, relay_, stored_, delivery_, tally_}),
      realm_(context.config.realm.empty() ? context.domains.first() : context.config.realm) {
    stored_.on_given_up([this](const store::Message& message) {
        own_.notify_sender(message, pidf::Disposition::failed);
    });
}

void Messaging::forget(Cell cell) {
    own_.forget(cell);
    delivery_.forget(cell);
    stored_.forget(cell);
}

void Messaging::accept(const Incoming& incoming, sip::Answer answer, const char* did) {
    answer.headers += incoming.who.success_lines;
    tally_.answer(incoming.transaction, incoming.arrived, answer, did);
}

/// The answer of a device, which may be in league with who wrote in another's name.
void Messaging::accept_relayed(const Incoming& incoming, sip::Answer answer, const char* did) {
    if (const auto* request = context_.stack.request(incoming.transaction))
        shorten(answer, *request);
    accept(incoming, std::move(answer), did);
}

void Messaging::refuse(const Incoming& incoming, const sip::Answer& answer) {
    tally_.refuse(incoming.transaction, answer);
}

void Messaging::on_message(const Request& request) {
    auto incoming = std::make_shared<Incoming>();
    incoming->transaction = request.id;
    incoming->arrived = context_.loop.now();
    incoming->source = request.flow.peer;
    // The dialogs here are subscriptions; a MESSAGE within one has no reader (RFC 5057 5.3).
    if (!request.message.to_tag().empty())
        return refuse(*incoming, answer(403, "Nobody reads messages in this dialog"));
    auto result =
        context_.authenticator.authenticate(request.message, request.flow, {}, &*request.from);
    if (auto* refusal = std::get_if<AuthenticationRefusal>(&result)) {
        if (!refusal->is_challenge) return refuse(*incoming, refusal->answer);
        return context_.stack.answer_and_forget(request.id, refusal->answer);
    }
    incoming->who = std::get<Identity>(std::move(result));
    incoming->holder = context_.limits.holder(incoming->who, request.flow.peer);
    incoming->wait = incoming_.take_turn(*incoming);
    incoming->max_breadth = max_breadth_of(request.message);
    const auto& uri = *request.subject.uri;
    if (auto notification = routed_notification(request.message, uri, context_.domains))
        return send_on(incoming, request.message, *std::move(notification));
    auto named = recipients_.find(request.subject);
    incoming->recipient = named.kind;
    incoming->aor = std::move(named.aor);
    const auto facts = incoming_.facts_of(*incoming, request.message, named.devices.size());
    auto decision = decide_message(facts);
    incoming->patience = incoming_.patience_for(facts);
    if (const auto* refusal = std::get_if<sip::Answer>(&decision))
        return refuse(*incoming, *refusal);
    carry_out(incoming, request, std::get<MessageOperation>(decision), named);
}

void Messaging::carry_out(const IncomingPtr& incoming, const Request& request,
                          MessageOperation operation, const Recipients::Found& found) {
    if (operation == MessageOperation::forward) return forward(incoming, request);
    if (operation != MessageOperation::relay) return settle(incoming, request.message, operation);
    incoming->devices_mark = mark_of(found.devices);
    relay(incoming, request.message,
          targets_of(bindings_, owner_of(incoming->aor, found), found.devices));
}

/// What is not sent to anybody now, or reached nobody.
void Messaging::settle(const IncomingPtr& incoming, const sip::Message& request,
                       MessageOperation operation) {
    switch (operation) {
        case MessageOperation::store:
            return keep(incoming, request);
        case MessageOperation::drop:
            return accept(*incoming, accepted(rules_of(context_.config)), "dropped");
        case MessageOperation::expire:
            return expire(*incoming, request);
        case MessageOperation::repeat:
            return accept(*incoming, accepted(rules_of(context_.config)), "repeated");
        case MessageOperation::relay:
        case MessageOperation::forward:
            return;
    }
}

void Messaging::relay(const IncomingPtr& incoming, const sip::Message& request,
                      std::vector<RelayTarget> targets, std::shared_ptr<ProxyLoad> load) {
    const bool is_forked = targets.size() > 1 || incoming->max_breadth;
    RelayOrder order;
    order.text = relayed_text(
        request, incoming->source,
        {.realm = realm_, .keeps_identity = incoming->who.is_trusted_peer, .keeps_routes = false});
    order.via_parameter = loop_parameter(context_, request.request_uri());
    if (load) order.via_parameter += ProxyLoad::kQuestion;
    order.load = std::move(load);
    order.breadth = is_forked ? incoming->max_breadth.value_or(kDefaultBreadth) : 0;
    order.share = incoming_.share_of(*incoming, order.text.size());
    // Where there is no room for it, nobody is there.
    if (order.share) order.targets = std::move(targets);
    order.patience = incoming->patience;
    relay_.start(std::move(order),
                 [this, incoming](const RelayReport& report) { on_report(incoming, report); });
}

void Messaging::forward(const IncomingPtr& incoming, const Request& request) {
    const auto routes = routes_beyond(request.message, context_.domains);
    if (!routes) return refuse(*incoming, answer(400, "Malformed Route"));
    const auto& proxy = context_.config.outbound_proxy;
    auto target =
        foreign_target(foreign_uri_of(*request.subject.uri), *routes, proxy, incoming->source);
    const bool is_by_proxy = routes->empty() && !proxy.empty();
    if (!is_by_proxy)
        target.credit =
            std::make_shared<Credit>(credit_of(incoming->who, request.message.bytes().size()));
    const bool is_told = is_by_proxy && context_.config.overload_control;
    // RFC 7339 5.10.1: without Retry-After, which would be about this server.
    if (is_told && proxy_load_->holds_back(context_.loop.now()))
        return refuse(*incoming, answer(503, "The next proxy has too much to do"));
    relay(incoming, request.message, {std::move(target)}, is_told ? proxy_load_ : nullptr);
}

void Messaging::on_report(const IncomingPtr& incoming, const RelayReport& report) {
    switch (report.stage) {
        case RelayReport::Stage::answered: {
            if (report.best.status >= 300) return on_undelivered(incoming, report.best);
            const bool is_foreign = incoming->recipient == Recipient::foreign;
            accept_relayed(*incoming, report.best, is_foreign ? "forwarded" : "relayed");
            // A user who answers can be sent their waiting messages as well.
            return delivery_.deliver(incoming->aor);
        }
        case RelayReport::Stage::settled:
        case RelayReport::Stage::over:
            return;
        case RelayReport::Stage::late:
            if (incoming->stored_id != 0) stored_.deliver(incoming->aor, incoming->stored_id);
            return;
    }
}

void Messaging::on_undelivered(const IncomingPtr& incoming, const sip::Answer& best) {
    const auto* request = context_.stack.request(incoming->transaction);
    if (!request) return;
    if (incoming->recipient == Recipient::foreign) return refuse(*incoming, best);
    auto decision = decide_undelivered(incoming_.facts_of(*incoming, *request, 0), best);
    if (const auto* refusal = std::get_if<sip::Answer>(&decision))
        return refuse(*incoming, *refusal);
    settle(incoming, *request, std::get<MessageOperation>(decision));
}

void Messaging::keep(const IncomingPtr& incoming, const sip::Message& request) {
    if (context_.port.is_full()) return refuse(*incoming, unavailable("Busy"));
    auto message = incoming_.message_of(*incoming, request);
    message.id = incoming->stored_id = context_.new_row(message.recipient);
    stored_.keep(std::move(message), incoming->holder,
                 [this, incoming](store::Outcome outcome) { on_kept(incoming, outcome); });
}

void Messaging::on_kept(const IncomingPtr& incoming, store::Outcome outcome) {
    if (outcome == store::Outcome::unknown) return context_.stack.abandon(incoming->transaction);
    if (outcome != store::Outcome::committed)
        return refuse(*incoming, unavailable("The store is not available"));
    if (const auto* request = context_.stack.request(incoming->transaction))
        own_.notify_sender(incoming_.message_of(*incoming, *request), pidf::Disposition::stored);
    accept(*incoming, accepted(rules_of(context_.config)), "stored");
    // A device that registered while nobody answered has not been tried yet.
    const auto devices = bindings_.of(incoming->aor);
    if (!devices.empty() && mark_of(devices) != incoming->devices_mark)
        delivery_.deliver(incoming->aor);
}

/// RFC 3428 7: a message that is too old is not shown to anybody.
void Messaging::expire(const Incoming& incoming, const sip::Message& request) {
    own_.notify_sender(incoming_.message_of(incoming, request), pidf::Disposition::failed);
    accept(incoming, accepted(rules_of(context_.config)), "expired");
}

/// A notification comes back the way its message went, and this server was on it: it is sent on as
/// a request of its own (RFC 5438 8, 12.2).
void Messaging::send_on(const IncomingPtr& incoming, const sip::Message& request,
                        RoutedNotification notification) {
    const bool is_ours = context_.domains.serves_host(domain_of(notification.recipient));
    incoming->recipient = is_ours ? Recipient::user : Recipient::foreign;
    const auto decision = decide_message(incoming_.facts_of(*incoming, request, 1));
    if (const auto* refusal = std::get_if<sip::Answer>(&decision))
        return refuse(*incoming, *refusal);
    if (std::get<MessageOperation>(decision) == MessageOperation::expire)
        return accept(*incoming, accepted(rules_of(context_.config)), "expired");
    auto message = incoming_.message_of(*incoming, request);
    message.recipient = std::move(notification.recipient);
    message.to = "<" + message.recipient + ">";
    message.body = std::move(notification.body);
    message.size = size_of(message);
    own_.hand_on(std::move(message), [this, incoming](const Result<int>& outcome) {
        if (!outcome) return on_not_sent_on(*incoming, outcome.fault());
        accept(*incoming, *outcome == 200 ? answer(200) : accepted(rules_of(context_.config)),
               "routed");
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

}  // namespace herald::server
