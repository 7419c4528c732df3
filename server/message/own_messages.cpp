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

/// To one recipient, behind the one that is on its way.
constexpr std::size_t kMostInLine = 16;

}  // namespace

OwnMessages::OwnMessages(const MessageParts& parts) : parts_(parts), context_(parts.context) {
    parts_.delivery.on_ask_busy([this](const std::string& aor) { return lines_.contains(aor); });
}

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
    begin(std::make_shared<Order>(Order{std::move(message), std::move(done)}));
}

/// Who sent a message there from here has not shown that anybody is there.
RelayTarget OwnMessages::foreign_place(const std::string& recipient) const {
    auto target = foreign_target(recipient, {}, context_.config.outbound_proxy);
    if (context_.config.outbound_proxy.empty())
        target.credit = std::make_shared<Credit>(sip::kMostOnUdp);
    return target;
}

std::optional<std::vector<RelayTarget>> OwnMessages::targets_for(Order& order) const {
    auto& recipient = order.message.recipient;
    const auto uri = sip::parse_uri(recipient);
    if (!uri) return std::nullopt;
    const auto found = parts_.recipients.find(*uri);
    const auto& config = context_.config;
    if (found.kind == Recipient::foreign && config.message_foreign)
        return std::vector{foreign_place(recipient)};
    if (found.kind != Recipient::user) return std::nullopt;
    recipient = found.aor;
    return targets_of(parts_.bindings, recipient, found.devices);
}

void OwnMessages::begin(const OrderPtr& order) {
    auto targets = targets_for(*order);
    if (!targets) {
        if (order->done) order->done(Fault{FaultKind::not_found, "There is no such user here"});
        return;
    }
    const auto& recipient = order->message.recipient;
    if (targets->empty() || parts_.delivery.is_delivering(recipient)) return keep(order);
    const auto [line, is_free] = lines_.try_emplace(recipient);
    if (!is_free) return line_up(line->second, order);
    send(order, *std::move(targets));
}

void OwnMessages::line_up(Line& line, const OrderPtr& order) {
    if (line.is_silent && !check_keeping(order->message)) return keep(order);
    if (line.waiting.size() < kMostInLine) return line.waiting.push_back(order);
    keep(order);
    parts_.delivery.deliver(order->message.recipient);
}

void OwnMessages::send(const OrderPtr& order, std::vector<RelayTarget> targets) {
    RelayOrder relayed;
    relayed.text = delivery_text(order->message, context_.wall());
    relayed.breadth = targets.size() > 1 ? kDefaultBreadth : 0;
    relayed.targets = std::move(targets);
    // What cannot be kept can only be waited for.
    if (!check_keeping(order->message))
        relayed.patience = std::min<base::Duration>(kOwnPatience, patience_of(context_.config));
    parts_.relay.start(std::move(relayed),
                       [this, order](const RelayReport& report) { on_report(order, report); });
}

void OwnMessages::on_report(const OrderPtr& order, const RelayReport& report) {
    const auto& message = order->message;
    switch (report.stage) {
        case RelayReport::Stage::answered:
            return on_answer(order, report.best.status);
        case RelayReport::Stage::settled:
            if (!report.silent.empty()) on_silence(message.recipient);
            return;
        case RelayReport::Stage::late:
            if (message.id != 0) parts_.stored.deliver(message.recipient, message.id);
            return parts_.delivery.deliver(message.recipient);
        case RelayReport::Stage::over:
            return end_turn(message.recipient);
    }
}

void OwnMessages::on_answer(const OrderPtr& order, int status) {
    if (status >= 300 && is_worth_keeping(status)) return keep(order);
    if (!order->done) return;
    if (status < 300) return order->done(200);
    order->done(Fault{FaultKind::conflict, "The recipient answered " + std::to_string(status)});
}

/// Nobody answers, perhaps for half a minute: whoever waits for these devices is told now.
void OwnMessages::on_silence(const std::string& recipient) {
    auto& line = lines_[recipient];
    line.is_silent = true;
    for (auto& order : std::exchange(line.waiting, {})) line_up(line, order);
}

void OwnMessages::end_turn(const std::string& recipient) {
    auto line = lines_.extract(recipient);
    if (!line.empty()) {
        for (const auto& order : line.mapped().waiting) begin(order);
    }
    if (!lines_.contains(recipient)) parts_.delivery.look_again(recipient);
}

void OwnMessages::forget_some(Cell cell, Forgetting& forgetting) {
    forgetting.erase(
        lines_, [&](const auto& entry) { return context_.cell_of(entry.first) == cell; },
        [](const auto& entry) {
            for (const auto& order : entry.second.waiting) {
                if (order->done)
                    order->done(Fault{FaultKind::unavailable, "The recipient has moved"});
            }
        });
}

std::optional<Fault> OwnMessages::check_keeping(const store::Message& message) const {
    const bool is_foreign = !context_.domains.serves_host(domain_of(message.recipient));
    if (is_foreign || !context_.config.message_store)
        return Fault{FaultKind::unavailable, "The recipient is not there"};
    const auto sender = context_.limits.holder(message.sender);
    if (!parts_.stored.has_room(message.recipient, sender, message.size))
        return Fault{FaultKind::limit_reached, "The recipient has too many messages waiting"};
    if (context_.port.is_full()) return Fault{FaultKind::unavailable, "Busy; try again"};
    return std::nullopt;
}

void OwnMessages::keep(const OrderPtr& order) {
    auto& message = order->message;
    if (auto refusal = check_keeping(message)) {
        if (order->done) order->done(*std::move(refusal));
        return;
    }
    message.id = context_.new_row(message.recipient);
    parts_.stored.keep(message, context_.limits.holder(message.sender),
                       [order](store::Outcome outcome) {
                           if (!order->done) return;
                           const auto status = status_of(outcome);
                           order->done(status ? Result<int>(202) : Result<int>(status.fault()));
                       });
}

}  // namespace herald::server
