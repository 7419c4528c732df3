// server/message/messaging.h: what happens to a MESSAGE: gather, decide, send on or keep (RFC
// 3428).
//
//   gather -> decide -> relay -> 2xx, refusal -> answered
//                 |       |
//                 |       `-> nobody there -.
//                 `-> keep <----------------' -> commit -> 202
#pragma once

#include <memory>
#include <string>

#include "server/core/agent.h"
#include "server/core/request.h"
#include "server/message/dispositions.h"
#include "server/message/incoming_message.h"
#include "server/message/own_messages.h"
#include "server/message/relay_orders.h"

namespace herald::server {

/// The messages of one shard's users, online and offline.
class Messaging final : public Agent {
public:
    Messaging(Context& context, Bindings& bindings, sip::Locator& locator);

    /// Answers now, after a device answered, or after the commit. Core checks are passed.
    void on_message(const Request& request);
    /// A user of ours registered or refreshed: they can be reached.
    void on_registered(const std::string& aor, std::string_view /*flow*/) override {
        delivery_.deliver(aor);
    }

    /// Messages made here.
    OwnMessages& own() noexcept { return own_; }
    StoredMessages& stored() noexcept { return stored_; }
    /// A kept message of the cell's users is on its way.
    void resume(const Cells& cells) override { delivery_.resume(cells); }
    bool has_changes(Cell cell) const override { return delivery_.is_delivering(cell); }
    void forget_some(Cell cell, Forgetting& forgetting) override;
    /// The wall clock was moved ahead: as PublicationExpiry::on_clock_step().
    void on_clock_step(base::Duration ahead) { stored_.on_clock_step(ahead); }
    std::size_t held() const noexcept override {
        return stored_.queues().held() + delivery_.held() + own_.held();
    }
    std::size_t in_flight() const noexcept { return relay_.in_flight(); }

private:
    using Incoming = IncomingMessage;
    using IncomingPtr = std::shared_ptr<Incoming>;

    void carry_out(const IncomingPtr& incoming, const Request& request, MessageOperation operation,
                   const Recipients::Found& found);
    void settle(const IncomingPtr& incoming, const sip::Message& request,
                MessageOperation operation);
    void relay(const IncomingPtr& incoming, RelayOrder order);
    void on_report(const IncomingPtr& incoming, const RelayReport& report);
    void on_undelivered(const IncomingPtr& incoming, const sip::Answer& best);
    void keep(const IncomingPtr& incoming, const sip::Message& request);
    void on_kept(const IncomingPtr& incoming, store::Outcome outcome);
    void expire(const Incoming& incoming, const sip::Message& request);
    void send_on(const IncomingPtr& incoming, const sip::Message& request,
                 RoutedNotification notification);

    Context& context_;
    Bindings& bindings_;
    Relay relay_;
    StoredMessages stored_;
    MessageDelivery delivery_;
    Recipients recipients_;
    IncomingMessages incoming_;
    RelayOrders orders_;
    MessageTally tally_;
    OwnMessages own_;
};

}  // namespace herald::server
