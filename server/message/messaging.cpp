// server/message/messaging.cpp: what happens to a MESSAGE: gather, decide, send on or keep (RFC
// 3428).
#include "server/message/messaging.h"

#include <algorithm>
#include <utility>

#include "base/text_map.h"
#include "server/core/answers.h"
#include "server/message/message_text.h"

namespace herald::server {

namespace {

/// Identifies the registrations of a set of contacts: if it changes, another try may succeed.
std::uint64_t mark_of(const std::vector<const packages::Binding*>& devices) {
    std::uint64_t mark = devices.size();
    for (const auto* device : devices)
        mark += base::NameHash()(device->call_id) * (2 * std::uint64_t{device->cseq} + 1);
    return mark;
}

/// Whose devices were found: a temporary GRUU does not say, the device's public one does.
std::string owner_of(const std::string& aor, const Recipients::Found& found) {
    if (!aor.empty() || found.devices.empty()) return aor;
    const auto& gruu = found.devices.front()->public_gruu;
    return gruu.substr(0, gruu.rfind(";gr="));
}

/// What a notification is answered with that could not be sent on.
sip::Answer not_sent_on(const Fault& fault) {
    const bool is_nobody =
        fault.kind == FaultKind::conflict || fault.kind == FaultKind::limit_reached;
    return is_nobody ? answer(480, fault.detail) : from_fault(fault);
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
      orders_(context, incoming_),
      tally_(context),
      own_({context, bindings, recipients_, relay_, stored_, delivery_, tally_}) {
    stored_.on_given_up([this](const store::Message& message) {
        own_.notify_sender(message, pidf::Disposition::failed);
    });
}

void Messaging::forget_some(Cell cell, Forgetting& forgetting) {
    own_.forget_some(cell, forgetting);
    delivery_.forget_some(cell, forgetting);
    stored_.forget_some(cell, forgetting);
}

void Messaging::on_message(const Request& request) {
    auto incoming = std::make_shared<Incoming>();
    incoming->transaction = request.id;
    incoming->arrived = context_.loop.now();
    incoming->source = request.flow.peer;
    // The dialogs here are subscriptions; a MESSAGE within one has no reader (RFC 5057 5.3).
    if (!request.message.to_tag().empty())
        return tally_.refuse(*incoming, answer(403, "Nobody reads messages in this dialog"));
    auto result =
        context_.authenticator.authenticate(request.message, request.flow, {}, &*request.from);
    if (auto* refusal = std::get_if<AuthenticationRefusal>(&result)) {
        if (!refusal->is_challenge) return tally_.refuse(*incoming, refusal->answer);
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
        return tally_.refuse(*incoming, *refusal);
    carry_out(incoming, request, std::get<MessageOperation>(decision), named);
}

void Messaging::carry_out(const IncomingPtr& incoming, const Request& request,
                          MessageOperation operation, const Recipients::Found& found) {
    if (operation == MessageOperation::relay) {
        incoming->devices_mark = mark_of(found.devices);
        auto targets = targets_of(bindings_, owner_of(incoming->aor, found), found.devices);
        return relay(incoming, orders_.to(std::move(targets), *incoming, request.message));
    }
    if (operation != MessageOperation::forward) return settle(incoming, request.message, operation);
    auto order = orders_.abroad(*incoming, request);
    if (const auto* refusal = std::get_if<sip::Answer>(&order))
        return tally_.refuse(*incoming, *refusal);
    relay(incoming, std::get<RelayOrder>(std::move(order)));
}

void Messaging::relay(const IncomingPtr& incoming, RelayOrder order) {
    relay_.start(std::move(order),
                 [this, incoming](const RelayReport& report) { on_report(incoming, report); });
}

/// What is not sent to anybody now, or reached nobody.
void Messaging::settle(const IncomingPtr& incoming, const sip::Message& request,
                       MessageOperation operation) {
    switch (operation) {
        case MessageOperation::store:
            return keep(incoming, request);
        case MessageOperation::drop:
            return tally_.accept(*incoming, accepted(rules_of(context_.config)), "dropped");
        case MessageOperation::expire:
            return expire(*incoming, request);
        case MessageOperation::repeat:
            return tally_.accept(*incoming, accepted(rules_of(context_.config)), "repeated");
        case MessageOperation::relay:
        case MessageOperation::forward:
            return;
    }
}

void Messaging::on_report(const IncomingPtr& incoming, const RelayReport& report) {
    switch (report.stage) {
        case RelayReport::Stage::answered: {
            if (report.best.status >= 300) return on_undelivered(incoming, report.best);
            const bool is_foreign = incoming->recipient == Recipient::foreign;
            tally_.accept_relayed(*incoming, report.best, is_foreign ? "forwarded" : "relayed");
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
    if (incoming->recipient == Recipient::foreign) return tally_.refuse(*incoming, best);
    auto decision = decide_undelivered(incoming_.facts_of(*incoming, *request, 0), best);
    if (const auto* refusal = std::get_if<sip::Answer>(&decision))
        return tally_.refuse(*incoming, *refusal);
    settle(incoming, *request, std::get<MessageOperation>(decision));
}

void Messaging::keep(const IncomingPtr& incoming, const sip::Message& request) {
    if (context_.port.is_full()) return tally_.refuse(*incoming, unavailable("Busy"));
    auto message = incoming_.message_of(*incoming, request);
    message.id = incoming->stored_id = context_.new_row(message.recipient);
    stored_.keep(std::move(message), incoming->holder,
                 [this, incoming](store::Outcome outcome) { on_kept(incoming, outcome); });
}

void Messaging::on_kept(const IncomingPtr& incoming, store::Outcome outcome) {
    if (outcome == store::Outcome::unknown) return context_.stack.abandon(incoming->transaction);
    if (outcome != store::Outcome::committed)
        return tally_.refuse(*incoming, unavailable("The store is not available"));
    if (const auto* request = context_.stack.request(incoming->transaction))
        own_.notify_sender(incoming_.message_of(*incoming, *request), pidf::Disposition::stored);
    tally_.accept(*incoming, accepted(rules_of(context_.config)), "stored");
    // A device that registered while nobody answered has not been tried yet.
    const auto devices = bindings_.of(incoming->aor);
    if (!devices.empty() && mark_of(devices) != incoming->devices_mark)
        delivery_.deliver(incoming->aor);
}

/// RFC 3428 7: a message that is too old is not shown to anybody.
void Messaging::expire(const Incoming& incoming, const sip::Message& request) {
    own_.notify_sender(incoming_.message_of(incoming, request), pidf::Disposition::failed);
    tally_.accept(incoming, accepted(rules_of(context_.config)), "expired");
}

/// A notification comes back the way its message went, and this server was on it: it is sent on as
/// a request of its own (RFC 5438 8, 12.2).
void Messaging::send_on(const IncomingPtr& incoming, const sip::Message& request,
                        RoutedNotification notification) {
    const bool is_ours = context_.domains.serves_host(domain_of(notification.recipient));
    incoming->recipient = is_ours ? Recipient::user : Recipient::foreign;
    const auto decision = decide_message(incoming_.facts_of(*incoming, request, 1));
    if (const auto* refusal = std::get_if<sip::Answer>(&decision))
        return tally_.refuse(*incoming, *refusal);
    if (std::get<MessageOperation>(decision) == MessageOperation::expire)
        return tally_.accept(*incoming, accepted(rules_of(context_.config)), "expired");
    auto message = incoming_.message_of(*incoming, request);
    message.recipient = std::move(notification.recipient);
    message.to = "<" + message.recipient + ">";
    message.body = std::move(notification.body);
    message.size = size_of(message);
    own_.hand_on(std::move(message), [this, incoming](const Result<int>& outcome) {
        if (!outcome && outcome.fault().kind == FaultKind::unknown_outcome)
            return context_.stack.abandon(incoming->transaction);
        if (!outcome) return tally_.refuse(*incoming, not_sent_on(outcome.fault()));
        tally_.accept(*incoming,
                      *outcome == 200 ? answer(200) : accepted(rules_of(context_.config)),
                      "routed");
    });
}

}  // namespace herald::server
