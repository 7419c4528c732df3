// server/message/own_messages.cpp: messages made here, on their way to a user or another domain.
#include "server/message/own_messages.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "server/message/dispositions.h"
#include "server/message/message_text.h"
#include "server/message/messaging.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

/// What became of a message is news for a day.
constexpr auto kNotificationKeep = std::chrono::hours(24);
/// Somebody at a terminal waits.
constexpr auto kOwnPatience = std::chrono::seconds(3);

void fail(OwnMessages::Done& done, FaultKind kind, const char* why) {
    if (done) done(Fault{kind, why});
}

}  // namespace

OwnMessages::OwnMessages(const MessageParts& parts) : parts_(parts), context_(parts.context) {}

void OwnMessages::notify_sender(const store::Message& message, pidf::Disposition disposition) {
    const auto keep = std::min<base::Duration>(kNotificationKeep,
                                               std::chrono::seconds(context_.config.message_keep));
    auto note = notification_of(message, disposition, context_.domains, context_.wall(), keep);
    if (!note) return;
    const bool is_stored = disposition == pidf::Disposition::stored;
    parts_.tally.count(is_stored ? "notified_stored" : "notified_failed");
    hand_on(*std::move(note), nullptr);
}

void OwnMessages::hand_on(store::Message message, Done done) {
    message.recipient = std::string(context_.aliases.resolve(message.recipient));
    if (context_.is_owner_of(message.recipient)) return submit(std::move(message), std::move(done));
    const std::string recipient = message.recipient;
    context_.peers.post<Messaging>(
        recipient,
        [message = std::move(message), done = told_here(std::move(done))](
            Messaging& owner) mutable { owner.own().submit(std::move(message), std::move(done)); });
}

/// `done` as another shard's thread may call it.
OwnMessages::Done OwnMessages::told_here(Done done) {
    if (!done) return nullptr;
    return [loop = &context_.loop, done = std::make_shared<Done>(std::move(done))](
               const Result<int>& outcome) { loop->post([done, outcome] { (*done)(outcome); }); };
}

void OwnMessages::submit(store::Message message, Done done) {
    const auto uri = sip::parse_uri(message.recipient);
    if (!uri) return fail(done, FaultKind::malformed, "The recipient is no SIP URI");
    const auto found = parts_.recipients.find(*uri);
    const auto shared = std::make_shared<Done>(std::move(done));
    const auto kept = std::make_shared<store::Message>(std::move(message));
    if (found.kind == Recipient::foreign && context_.config.message_foreign)
        return send(kept, shared,
                    {foreign_target(kept->recipient, {}, context_.config.outbound_proxy)});
    if (found.kind != Recipient::user)
        return fail(*shared, FaultKind::not_found, "There is no such user here");
    kept->recipient = found.aor;
    if (found.devices.empty() || parts_.delivery.is_delivering(found.aor))
        return keep(kept, shared);
    send(kept, shared, targets_of(found.devices, context_.home.epoch));
}

void OwnMessages::send(const MessagePtr& message, const DonePtr& done,
                       std::vector<RelayTarget> targets) {
    RelayOrder order;
    order.text = delivery_text(*message, context_.wall());
    order.breadth = targets.size() > 1 ? kDefaultBreadth : 0;
    order.targets = std::move(targets);
    order.patience = std::min<base::Duration>(
        kOwnPatience, std::chrono::seconds(context_.config.message_patience));
    parts_.relay.start(std::move(order), [this, message, done](const RelayReport& report) {
        on_report(message, done, report);
    });
}

void OwnMessages::on_report(const MessagePtr& message, const DonePtr& done,
                            const RelayReport& report) {
    if (report.stage == RelayReport::Stage::late && message->id != 0)
        return parts_.stored.deliver(message->recipient, message->id);
    if (report.stage != RelayReport::Stage::answered) return;
    const int status = report.best.status;
    if (status >= 300 && is_absence(status)) return keep(message, done);
    if (!*done) return;
    if (status < 300) return (*done)(200);
    (*done)(Fault{FaultKind::conflict, "The recipient answered " + std::to_string(status)});
}

void OwnMessages::keep(const MessagePtr& message, const DonePtr& done) {
    const bool is_foreign = !context_.domains.serves_host(domain_of(message->recipient));
    if (is_foreign || !context_.config.message_store)
        return fail(*done, FaultKind::unavailable, "The recipient is not there");
    if (!parts_.stored.has_room(message->recipient, message->size))
        return fail(*done, FaultKind::limit_reached, "The recipient has too many messages waiting");
    if (context_.port.is_full()) return fail(*done, FaultKind::unavailable, "Busy; try again");
    message->id = context_.next_id();
    parts_.stored.keep(*message, [done](store::Outcome outcome) {
        if (!*done) return;
        const auto status = status_of(outcome);
        (*done)(status ? Result<int>(202) : Result<int>(status.fault()));
    });
}

}  // namespace herald::server
